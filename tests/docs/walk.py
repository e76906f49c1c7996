"""Walk a page as a reader would, after `make demo`: write its files and run its commands, here.

    python tests/docs/walk.py docs/tutorials/first-study.md

Needs nothing but kinephen itself; `.ci/newcomer` calls it in a fresh clone.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.docs.pages import read_page


def main() -> int:
    """Stop at the first block whose exit code is not the one that the page promises."""
    for block in read_page(Path(sys.argv[1]).resolve()).blocks:
        if name := block.directives.get("file"):
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            Path(name).write_text(block.text, encoding="utf-8")
        elif block.language == "sh" and block.runs:
            start = time.perf_counter()
            done = subprocess.run(["bash", "-euo", "pipefail", "-c", block.text], check=False)
            print(f"--- line {block.line}: {time.perf_counter() - start:.1f} s", flush=True)
            if done.returncode != int(block.directives.get("exit", "0")):
                return done.returncode or 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
