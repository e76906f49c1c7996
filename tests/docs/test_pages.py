"""What is written on a page and not run is checked: options, files, links, and the marks of the blocks."""

from __future__ import annotations

import ast
import csv
import io
import json
import re
import shlex
import shutil
import subprocess
import tomllib
from functools import cache
from urllib.parse import unquote

import pytest
import typer
from tests.docs.conftest import SETUPS
from tests.docs.pages import LANGUAGES, ROOT, Block, page_paths, read_page

from kinephen.cli import program as command_line
from kinephen.config.load import resolve
from kinephen.io.manifest import manifest_from
from kinephen.io.tables import read_clinical
from kinephen.molecular.definition import signature_from_dict
from kinephen.study.plan import EXAM_COLUMNS

PAGES = [read_page(path) for path in page_paths()]
BLOCKS = [(page, block) for page in PAGES for block in page.blocks]
pages = pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)


def blocks(*languages):
    chosen = [(p, b) for p, b in BLOCKS if b.language in languages]
    return pytest.mark.parametrize("block", [pytest.param(b, id=f"{p.name}:{b.line}") for p, b in chosen])


@cache
def root_command():
    command_line.register()
    return typer.main.get_command(command_line.app)


@pages
def test_every_block_says_what_it_is(page):
    for block in page.blocks:
        assert block.language in LANGUAGES, f"{page.name}:{block.line}: unknown language {block.language!r}"
        if block.language == "":
            command = re.search(r"^(kinephen|make|pip|python) ", block.text, re.MULTILINE)
            assert not command, f"{page.name}:{block.line}: commands need the language sh"
        exit_code = block.directives.get("exit", "0")
        assert exit_code.isdigit()
        assert exit_code == "0" or block.language == "sh"


@pages
def test_setups_are_known_and_the_page_has_one_title(page):
    assert set(page.setups) <= set(SETUPS)
    tops = [t for t in page.path.read_text(encoding="utf-8").splitlines() if t.startswith("# ")]
    fenced = sum(t in b.text.splitlines() for t in tops for b in page.blocks)
    assert len(tops) - fenced == 1


@blocks("sh")
def test_shell_blocks_parse_and_name_commands_and_options_that_exist(block):
    done = subprocess.run(["bash", "-n"], input=block.text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for words in commands(block):
        check_call(words)


@blocks("python")
def test_python_blocks_parse(block):
    ast.parse(block.text)


@blocks("r")
def test_r_blocks_parse(block, tmp_path):
    if shutil.which("Rscript") is None:
        pytest.skip("needs Rscript")
    (tmp_path / "block.R").write_text(block.text)
    command = ["Rscript", "--vanilla", "-e", f"invisible(parse('{tmp_path / 'block.R'}'))"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@blocks("toml")
def test_toml_blocks_are_study_files_signatures_or_manifests(block):
    content = tomllib.loads(block.text)
    if "genes" in content:
        signature_from_dict(content, where="page")
    elif {"phase", "times_s", "box"} & set(content):
        manifest_from(content)
    else:
        resolve(content)


@blocks("csv")
def test_csv_blocks_are_tables_that_can_be_read(block, tmp_path):
    rows = list(csv.reader(io.StringIO(block.text)))
    assert len({len(row) for row in rows}) == 1
    if set(EXAM_COLUMNS) <= set(rows[0]):
        assert set(rows[0]) <= {*EXAM_COLUMNS, "mask", "manifest", "scanner"}
    elif "rfs_days" in rows[0]:
        (tmp_path / "clinical.csv").write_text(block.text)
        table = read_clinical(tmp_path / "clinical.csv")
        assert {"time", "event", "age"} <= set(table.frame.columns)


@blocks("json")
def test_json_blocks_parse(block):
    json.loads(block.text)


@pages
def test_commands_in_the_text_exist(page):
    for text, line in page.inline:
        if text.startswith("kinephen ") and "..." not in text:
            try:
                check_call(shlex.split(text))
            except AssertionError as error:
                raise AssertionError(f"{page.name}:{line}: {error}") from None


@pages
def test_links_lead_to_files_and_headings_that_exist(page, generated):
    for target, line in page.links:
        if re.match(r"[a-z]+:", target):
            continue
        path_text, _, anchor = target.partition("#")
        path = (page.path.parent / unquote(path_text)).resolve() if path_text else page.path
        where = f"{page.name}:{line}: {target}"
        assert path in generated or path.exists(), f"{where} does not exist"
        if anchor and path.suffix == ".md":
            target_page = generated.get(path) or read_page(path)
            assert anchor in target_page.anchors, f"{where}: no such heading"


def commands(block: Block) -> list[list[str]]:
    """Return the words of every call of kinephen or make in a block."""
    text = block.text.replace("\\\n", " ")
    found = []
    for line in text.splitlines():
        words = shlex.split(line, comments=True)
        starts = [i for i, w in enumerate(words) if w in ("kinephen", "make")]
        for start in starts[:1]:
            end = next((i for i in range(start, len(words)) if words[i] in ("|", "&&", ";", ">", "||")), None)
            found.append(words[start:end])
    return found


def check_call(words: list[str]) -> None:
    """Compare a call with the command line or the Makefile; raises AssertionError."""
    if words[0] == "make":
        targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
        assert all(w in targets for w in words[1:] if "=" not in w), f"no such target: {words}"
        return
    command, rest = root_command(), words[1:]
    while hasattr(command, "commands") and rest and not rest[0].startswith("-"):
        if not re.fullmatch(r"[a-z][a-z-]*", rest[0]):
            return
        assert rest[0] in command.commands, f"no command {rest[0]!r} in {' '.join(words)!r}"
        command, rest = command.commands[rest[0]], rest[1:]
    known = {option for p in command.params for option in (*p.opts, *p.secondary_opts)} | {"--help", "-h"}
    for word in rest:
        if re.match(r"--?[a-z]", word):
            assert word.partition("=")[0] in known, f"no option {word} in {' '.join(words)!r}"
