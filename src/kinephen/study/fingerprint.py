"""Hash of an exam's content, remembered while no file's size or time of change has changed."""

from __future__ import annotations

from pathlib import Path

from kinephen.core.plain import hash_file, hash_json, read_json, write_json
from kinephen.io.bids_sidecars import inherited_sidecars
from kinephen.study.store import hash_folder


class Fingerprints:
    """Content hashes of files and folders.

    Parameters
    ----------
    root : Path
        Where they are remembered; file names there are hashes of paths and hold nothing readable.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        root.mkdir(parents=True, exist_ok=True)

    def of(self, path: Path) -> str:
        """Return the SHA-256 of the contents of a file, or of all files below a folder.

        Sidecars that a BIDS-like exam inherits from folders above are part of its content.
        """
        inherited = inherited_sidecars(path)
        state = hash_json([_state(path), *map(_state, inherited)]) if inherited else _state(path)
        note = self._root / f"{hash_json(str(path.resolve()))[:32]}.json"
        if note.is_file():
            known = read_json(note)
            if known["state"] == state:
                return str(known["digest"])
        digest = hash_folder(path)
        if inherited:
            digest = hash_json([digest, *map(hash_file, inherited)])
        write_json(note, {"state": state, "digest": digest})
        return digest


def hash_optional(path: Path | None) -> str:
    """Return the hash of a small file, or ``"none"`` without one."""
    return "none" if path is None else hash_file(path)


def _state(path: Path) -> str:
    files = [path] if path.is_file() else sorted(f for f in path.rglob("*") if f.is_file())
    stats = [(f, f.stat()) for f in files]
    return hash_json([(str(f.relative_to(path)), s.st_size, s.st_mtime_ns) for f, s in stats])
