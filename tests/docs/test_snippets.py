"""Every command and program of the documentation is run, page by page, in the order of the page."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.docs.conftest import environment
from tests.docs.pages import Block, Page, page_paths, read_page

PAGES = [read_page(path) for path in page_paths()]
LIMIT_S = 300

# Reads one block a line, runs all in one namespace and answers each with a line.
PYTHON_DRIVER = """
import json, sys, traceback
answers, sys.stdout, space = sys.stdout, sys.stderr, {"__name__": "__main__"}
for message in sys.stdin:
    name, line, text = json.loads(message)
    try:
        exec(compile("\\n" * line + text, name, "exec"), space)
        answer = ""
    except BaseException:
        answer = traceback.format_exc()
    print(json.dumps(answer), file=answers, flush=True)
"""


def has(page: Page, *languages: str) -> bool:
    return any(b.runs and b.language in languages and "hidden" not in b.directives for b in page.blocks)


@pytest.mark.docs
@pytest.mark.parametrize("page", [p for p in PAGES if has(p, "sh", "python")], ids=lambda p: p.name)
def test_the_blocks_of_a_page_run(page, prepare):
    run_page(page, prepare(page.setups), ("sh", "python"))


@pytest.mark.r
@pytest.mark.parametrize("page", [p for p in PAGES if has(p, "r")], ids=lambda p: p.name)
def test_the_r_blocks_of_a_page_run(page, prepare):
    if shutil.which("Rscript") is None:
        pytest.skip("needs Rscript")
    run_page(page, prepare(page.setups), ("sh", "python", "r"))


def run_page(page: Page, folder: Path, languages: tuple[str, ...]) -> None:
    """Write the files and run the blocks of a page in their order; R begins anew with all blocks so far."""
    program = ""
    with PythonSession(folder) as session:
        for block in page.blocks:
            where = f"{page.name}, line {block.line}"
            if name := block.directives.get("file"):
                target = folder / name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(block.text, encoding="utf-8")
            elif not block.runs or block.language not in languages:
                continue
            elif block.language == "python":
                answer = session.run(page.name, block)
                assert answer == "", f"{where}\n{answer}"
            elif block.language == "r":
                program += block.text
                run_command(["Rscript", "--vanilla", "-e", program], folder, where)
            else:
                expected = int(block.directives.get("exit", "0"))
                run_command(["bash", "-euo", "pipefail", "-c", block.text], folder, where, expected)


def run_command(command: list[str], folder: Path, where: str, expected: int = 0) -> None:
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment(folder),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT_S,
    )
    shown = f"{where}: exit code {done.returncode}, not {expected}\n{done.stdout}\n{done.stderr}"
    assert done.returncode == expected, shown


class PythonSession:
    """One interpreter for the Python blocks of a page, started when the first of them comes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process: subprocess.Popen[str] | None = None

    def __enter__(self) -> PythonSession:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process is not None:
            self.process.communicate(timeout=LIMIT_S)

    def run(self, name: str, block: Block) -> str:
        """Return the traceback of a block, or an empty text."""
        if self.process is None:
            self.process = subprocess.Popen(
                [sys.executable, "-W", "error", "-c", PYTHON_DRIVER],
                cwd=self.folder,
                env=environment(self.folder),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps([name, block.line, block.text]) + "\n")
        self.process.stdin.flush()
        return str(json.loads(self.process.stdout.readline() or '"the interpreter ended"'))
