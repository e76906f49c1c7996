"""The command line: its commands by group, and how errors become messages and exit codes.

Command modules import nothing heavy at their top, so that ``kinephen --help`` answers at once.
"""

from __future__ import annotations

import importlib
import os
import sys
import traceback

import typer

from kinephen.errors import ExitCode, KinephenError

EPILOG = "Exit codes: 0 ok, 2 usage, 3 configuration, 4 input, 5 some cases failed, 6 cohort step impossible."

app = typer.Typer(
    name="kinephen",
    help="Dynamic contrast MRI of a tumour at several visits, gene expression and follow-up in; "
    "phenotypes of change, and what they add to predicting recurrence, out.",
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


def _register() -> None:
    if app.registered_commands:
        return
    for name, (module, function) in COMMANDS.items():
        app.command(name)(getattr(importlib.import_module(f"kinephen.cli.{module}"), function))
    for name, (module, group) in GROUPS.items():
        app.add_typer(getattr(importlib.import_module(f"kinephen.cli.{module}"), group), name=name)


def main() -> None:
    """Run the command line and exit with a code of `kinephen.errors.ExitCode`."""
    _register()
    try:
        app()
    except KinephenError as error:
        _report(error)
        sys.exit(int(error.exit_code))
    except BrokenPipeError:
        # The reader of our output went away (a closed pager); not an error of ours.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(int(ExitCode.OK))
    except KeyboardInterrupt:
        sys.stderr.write("stopped; run the same command again to go on from here\n")
        sys.exit(130)


def _report(error: KinephenError) -> None:
    if "--json" in sys.argv:
        from kinephen.cli.output import emit_json

        emit_json({"error": error.to_dict()})
    lines = [f"error [{error.code}]: {error.where + ': ' if error.where else ''}{error.message}"]
    if error.hint:
        lines.append(f"what to do: {error.hint}")
    sys.stderr.write("\n".join(lines) + "\n")
    if os.environ.get("KINEPHEN_DEBUG"):
        traceback.print_exc()


if __name__ == "__main__":
    main()
