"""The program: its commands by group.

Command modules import nothing heavy at their top, so that ``kinephen --help`` answers at once.
"""

from __future__ import annotations

import importlib

import typer

EPILOG = (
    "Exit codes: 0 ok, 2 usage, 3 configuration, 4 input, 5 some cases failed, 6 cohort step impossible, "
    "7 the machine cannot go on (disk, memory, permission), 8 mistake in kinephen, "
    "130 Ctrl-C, 143 SIGTERM, 129 SIGHUP."
)

app = typer.Typer(
    name="kinephen",
    help="Dynamic contrast MRI of a tumour at several visits, gene expression and follow-up in; "
    "phenotypes of change, and what they add to predicting outcome, out.",
    epilog=EPILOG,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

# command name -> (module in kinephen.cli, function); a group (sub-commands) names its Typer object instead.
COMMANDS: dict[str, tuple[str, str]] = {
    "features": ("features", "features"),
    "demo": ("demo", "demo"),
    "run": ("run", "run"),
    "recipes": ("recipes", "recipes"),
    "render": ("render", "render"),
    "checklist": ("checklist", "checklist"),
    "status": ("status", "status"),
    "info": ("info", "info"),
    "ftv": ("ftv", "ftv"),
    "export": ("export", "export"),
    "package": ("package", "package"),
    "inspect": ("inspect", "inspect"),
    "simulate": ("simulate", "simulate"),
    "survival": ("survival", "survival"),
    "fetch": ("fetch", "fetch"),
    "fit": ("fit", "fit"),
    "predict": ("predict", "predict"),
    "validate": ("validate", "validate"),
    "reproduce": ("reproduce", "reproduce"),
}
GROUPS: dict[str, tuple[str, str]] = {
    "phenotypes": ("phenotypes", "phenotypes_app"),
    "config": ("config", "config_app"),
    "signatures": ("signatures", "signatures_app"),
    "review": ("review", "review_app"),
}


def _version(show: bool) -> None:
    if show:
        from kinephen import __version__

        typer.echo(f"kinephen {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Show the version."
    ),
) -> None:
    """Options of the program itself."""


def register() -> None:
    """Import the modules of all commands and add them; a second call does nothing."""
    if app.registered_commands:
        return
    for name, (module, function) in COMMANDS.items():
        app.command(name)(getattr(importlib.import_module(f"kinephen.cli.{module}"), function))
    for name, (module, group) in GROUPS.items():
        app.add_typer(getattr(importlib.import_module(f"kinephen.cli.{module}"), group), name=name)
