"""Pages of the command line: every command and option as the program itself knows them."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import typer

from kinephen.cli import program as command_line
from kinephen.errors import ExitCode
from kinephen_docs.markdown import code, page, table, text


def command_tree() -> Any:
    """Return the root command with everything registered."""
    command_line.register()
    return typer.main.get_command(command_line.app)


def walk(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Yield (full name, command) of all commands that do something."""
    children = getattr(command, "commands", None)
    if not children:
        yield name, command
        return
    for key in sorted(children):
        yield from walk(children[key], f"{name} {key}")


def cli() -> str:
    """Return the page of all commands."""
    commands = list(walk(command_tree(), "kinephen"))
    intro = (
        f"{len(commands)} commands. Each has `--help`; exit codes and the form of `--json` are on "
        "[their own page](../exit-codes.md)."
    )
    index = table(["command", "what it does"], [[_link(n), text(_first(c))] for n, c in commands])
    parts = [intro, index]
    for name, command in commands:
        parts += [f"## {name}", text(inspect.cleandoc(command.help or "")), *_parameters(command)]
    codes = [[int(c), code(c.name.lower())] for c in ExitCode]
    return page("Commands", *parts, "## Exit codes", table(["code", "name"], codes))


def _link(name: str) -> str:
    return f"[{code(name)}](#{name.replace(' ', '-')})"


def _first(command: Any) -> str:
    return (command.help or "").strip().split("\n\n")[0].replace("\n", " ")


def _parameters(command: Any) -> list[str]:
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    options = [p for p in command.params if p.param_type_name == "option" and p.name != "help"]
    usage = " ".join(code(p.name.upper()) for p in arguments)
    parts = [f"Arguments: {usage}"] if arguments else []
    rows = [[_names(p), text(p.help or ""), _default(p)] for p in [*arguments, *options]]
    return [*parts, table(["argument or option", "meaning", "default"], rows)] if rows else parts


def _names(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return code(parameter.name.upper())
    return ", ".join(code(o) for o in (*parameter.opts, *parameter.secondary_opts))


def _default(parameter: Any) -> str:
    if parameter.required:
        return "required"
    if parameter.default in (None, False, "", ()) or callable(parameter.default):
        return ""
    return code(parameter.default)
