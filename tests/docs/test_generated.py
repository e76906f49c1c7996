"""The generated pages leave nothing out: every entry of every registry, every code of the source."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.docs.pages import ROOT

from kinephen.config.presets import PRESET_NAMES, flatten, preset_settings
from kinephen.config.schema import Settings
from kinephen.io.phase_times.table import DURATION_SOURCES, TIME_SOURCES
from kinephen.radiomics.catalogue import FEATURES
from kinephen.radiomics.filters import KINDS
from kinephen.radiomics.filters.catalogue import written

SOURCE = ROOT / "src" / "kinephen"


@pytest.fixture
def text(generated_pages):
    """Return a function from a page's name to its text."""
    return lambda name: generated_pages[ROOT / "docs" / "reference" / "generated" / name]


def sources():
    return [path.read_text(encoding="utf-8") for path in sorted(SOURCE.rglob("*.py"))]


def test_every_feature_has_a_row_with_its_definition(text):
    rows = [line for line in text("features.md").splitlines() if line.startswith("| `")]
    assert len(rows) == len(FEATURES) == 104
    for feature, row in zip(FEATURES, rows, strict=True):
        cells = [c.strip() for c in re.split(r"(?<!\\)\|", row)[1:-1]]
        assert cells[0] == f"`{feature.name}`"
        assert cells[1].startswith(f"`{feature.ibsi_code}`" if feature.ibsi_code else "–")
        assert cells[2].replace("\\|", "|") == f"`{feature.formula}`"


def test_every_filter_has_a_section_with_its_parameters(text):
    for kind in KINDS:
        section = text("filters.md").partition(f"(`{kind.kind}`)")[2].partition("\n## ")[0]
        assert f"| IBSI | `{kind.ibsi_code}` |" in section
        for field in kind.parameters:
            assert section.count(f"| `{written(field)}` |") == 1
        assert section.count("| needed |") == len(set(kind.parameters) - set(kind.defaults()))


def test_every_setting_has_its_value_in_every_preset(text):
    page = text("settings.md")
    for key in flatten(Settings()):
        row = next(line for line in page.splitlines() if line.startswith(f"| `{key}` |"))
        assert row.count(" | ") >= 3 + len(PRESET_NAMES) - 1
    departures = sum(
        a != b
        for name in PRESET_NAMES
        for a, b in zip(flatten(preset_settings(name)).values(), flatten(Settings()).values(), strict=True)
    )
    assert len(re.findall(r"\*\*(`[^`]*`|–)\*\*", page)) == departures


def test_every_attribute_that_tells_times_has_its_row(text):
    page = text("phase-times.md")
    for source in (*TIME_SOURCES, *DURATION_SOURCES):
        row = next(line for line in page.splitlines() if f"| `{source.name}` |" in line)
        assert f"| {source.unit} |" in row
    assert (
        page.index("`TemporalPositionTimeOffset`") < page.index("`TriggerTime`") < page.index("`SeriesTime`")
    )


def test_every_section_of_the_settings_belongs_to_a_step(text):
    for section in Settings.model_fields:
        assert f"[{section}](settings.md#{section})" in text("steps.md")


def test_every_step_that_the_source_stores_is_named(text):
    stored = {m for s in sources() for m in re.findall(r"StepKey\(\s*\"([a-z]+)\"", s)}
    assert stored == set(re.findall(r"^\| `([a-z]+)` \|", text("steps.md"), re.MULTILINE))


def test_every_command_is_there_with_every_option(text):
    from tests.docs.test_pages import root_command

    page = text("cli.md")

    def check(command, name):
        children = getattr(command, "commands", None)
        if children:
            for key, child in children.items():
                check(child, f"{name} {key}")
            return
        section = page.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
        assert section
        for parameter in command.params:
            shown = parameter.name.upper() if parameter.param_type_name == "argument" else parameter.opts[0]
            assert f"`{shown}`" in section or parameter.name == "help"

    check(root_command(), "kinephen")


def test_every_error_code_of_the_source_is_listed(text):
    written = {c for s in sources() for c in re.findall(r"\bcode=\"([a-z0-9_]+\.[a-z0-9_.]+)\"", s)}
    listed = set(re.findall(r"^\| `([^`]+)` \|", text("errors.md"), re.MULTILINE))
    issues = set(re.findall(r"^\| `([^`]+)` \|", text("issues.md"), re.MULTILINE))
    assert len(written) > 200
    assert written <= listed | issues


def test_every_issue_code_of_the_source_is_listed(text):
    written = {c for s in sources() for c in re.findall(r"\bIssue\(\s*\"([a-z0-9_.]+)\"", s)}
    listed = set(re.findall(r"^\| `([^`]+)` \|", text("issues.md"), re.MULTILINE))
    assert len(written) > 40
    assert written <= listed


def test_an_issue_is_quoted_with_its_own_words(text):
    page = text("issues.md")
    assert re.search(r"`lesion.on_faces` \| warning \| the lesion touches the faces of the box", page)
    assert re.search(r"`lesion.below_half` \| warning \| the largest of … components", page)


@pytest.mark.parametrize("folder", ["oracle", "law", "fault"])
def test_every_test_file_stands_on_the_validation_page(text, folder):
    for path in (ROOT / "tests" / folder).glob("test_*.py"):
        row = next(x for x in text("validation.md").splitlines() if f"`{folder}/{path.name}`" in x)
        assert len(row.split("|")[2].strip()) > 20


def test_every_public_module_is_in_the_python_reference(text):
    rooms = {"core", "io", "imaging", "radiomics", "molecular", "phenotype", "survival", "stats"}
    rooms |= {"config", "simulate", "records", "study", "model", "report"}
    for room in rooms:
        page = text(f"api/{room}.md")
        for path in (SOURCE / room).rglob("*.py"):
            parts = path.relative_to(SOURCE.parent).with_suffix("").parts
            if {"__init__", "kernels"} & set(parts) or parts[1:3] == ("report", "schema"):
                continue
            assert f".. automodule:: {'.'.join(parts)}\n" in page


def test_pages_are_the_same_each_time(generated_pages):
    from kinephen_docs.pages import all_pages

    again = all_pages()
    assert {p.name for p in generated_pages} == {Path(n).name for n in again}
    assert sorted(generated_pages.values()) == sorted(again.values())
