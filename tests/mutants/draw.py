"""Which faults are tried: drawn by seed, as many from each room."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tests.mutants.operators import Mutant, mutants

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src"
ROOMS = ("study", "report", "model", "cli")
LAYOUT = re.compile(r"report/(figures|exam_page_plots|exam_page_images|patient_curves|word|checklists/texts)")
"""Where things stand on a figure: a number there is a length or a colour, looked at and not tested."""
NUMBER = re.compile(r"^-?[\d.e+-]+ -> |^first two of a tuple")


@dataclass(frozen=True)
class Drawn:
    """One fault of one module, and the lot that it draws: the same as long as its module keeps it."""

    path: str
    mutant: Mutant
    lot: str

    @property
    def module(self) -> str:
        """Name by which the module is imported."""
        return self.path.removesuffix(".py").replace("/", ".").removesuffix(".__init__")

    @property
    def place(self) -> str:
        """Path and line."""
        return f"{self.path}:{self.mutant.line}"


def draw(count: int, seed: int, rooms: tuple[str, ...] = ROOMS, only: str = "") -> list[Drawn]:
    """Return `count` faults, an equal share of them from each room, of modules whose path holds `only`."""
    found: list[Drawn] = []
    for i, room in enumerate(rooms):
        share = count // len(rooms) + (i < count % len(rooms))
        pool = [d for d in room_mutants(room, seed) if only in d.path]
        found += sorted(pool, key=lambda d: d.lot)[:share]
    return found


def room_mutants(room: str, seed: int) -> list[Drawn]:
    """Return every fault that a room offers, in the order of its files."""
    found = []
    for path in sorted((SOURCE / "kinephen" / room).rglob("*.py")):
        name = path.relative_to(SOURCE).as_posix()
        offered = _with_lots(name, mutants(path.read_text(encoding="utf-8")), seed)
        found += [d for d in offered if not (LAYOUT.search(name) and NUMBER.match(d.mutant.what))]
    return found


def _with_lots(name: str, offered: list[Mutant], seed: int) -> list[Drawn]:
    """Return the faults of a module; a lot hangs on module and kind alone, so no other edit moves it."""
    seen: Counter[str] = Counter()
    found = []
    for mutant in offered:
        seen[mutant.what] += 1
        lot = hashlib.sha256(f"{seed} {(name, mutant.what)} {seen[mutant.what]}".encode()).hexdigest()
        found.append(Drawn(name, mutant, lot))
    return found
