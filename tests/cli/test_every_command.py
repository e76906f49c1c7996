"""What is said of every command holds for every command."""

from __future__ import annotations

import typer

from kinephen.cli import program


def commands(command, name):
    inner = getattr(command, "commands", None)
    if inner is None:
        yield name, command
    for own, sub in (inner or {}).items():
        yield from commands(sub, f"{name} {own}")


def test_every_command_has_json():
    program.register()
    found = dict(commands(typer.main.get_command(program.app), "kinephen"))
    assert len(found) > 20
    without = [n for n, c in found.items() if not any("--json" in p.opts for p in c.params)]
    # These two print a document as it is.
    assert without == ["kinephen config schema", "kinephen signatures template"]
