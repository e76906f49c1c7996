"""References: one registry, right keys and DOIs, a BibTeX file that a strict reader takes."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinephen.report.checklists import CHECKLIST_NAMES, definition, with_texts
from kinephen.report.schema import Reference
from kinephen.report.writing import bibtex, cited_references
from kinephen.report.writing.references import cite_keys, cite_pieces, known_references, short_name

ROOT = Path(__file__).resolve().parents[2]
MADE = runpy.run_path(str(ROOT / "tests" / "checklist_report.py"))["report"]
DOI = re.compile(r"10\.\d{4,9}/[^\s{}\"]+")
NEEDED = {"author", "title", "journal", "year", "volume", "pages"}


def parse(text):
    """Return entries of a BibTeX file; anything but entries of braced fields is an error."""
    entries, rest = {}, text.strip()
    while rest:
        head = re.match(r"@(\w+)\{([a-z][a-z0-9]*),\s*", rest)
        assert head, f"no entry at {rest[:40]!r}"
        kind, key = head.groups()
        rest, fields = rest[head.end() :], {}
        while not rest.startswith("}"):
            name = re.match(r"(\w+) = \{", rest)
            assert name, f"no field of {key} at {rest[:40]!r}"
            value, rest = braced(rest[name.end() :])
            assert rest.startswith(","), f"no comma after {key}.{name[1]}"
            assert name[1] not in fields
            fields[name[1]] = value
            rest = rest[1:].lstrip()
        rest = rest[1:].lstrip()
        assert key not in entries, f"{key} stands twice"
        entries[key] = (kind, fields)
    return entries


def braced(text):
    depth = 1
    for i, letter in enumerate(text):
        depth += {"{": 1, "}": -1}.get(letter, 0)
        if depth == 0:
            return text[:i], text[i + 1 :]
    raise AssertionError("a brace is not closed")


def test_every_work_is_a_whole_entry():
    entries = parse(bibtex(known_references().values()))
    assert set(entries) == set(known_references())
    for key, (kind, fields) in entries.items():
        assert kind == "article"
        assert set(fields) >= NEEDED, key
        assert re.fullmatch(r"(19|20)\d\d", fields["year"])
        assert key.endswith(fields["year"])
        assert "doi" not in fields or DOI.fullmatch(fields["doi"])
        assert not re.search(r"(?<!\\)[&%$#_]", fields["title"] + fields["author"] + fields["journal"])
    without = {key for key, (_, fields) in entries.items() if "doi" not in fields}
    assert without == {"holm1979", "troester2006"}


def test_no_doi_stands_for_two_works():
    found = [r.doi for r in known_references().values() if r.doi]
    assert len(set(found)) == len(found)


def test_every_work_is_cited_somewhere_and_every_citation_is_known():
    source = "".join(p.read_text("utf-8") for p in (ROOT / "src/kinephen/report/writing").rglob("*.py"))
    cited = set(re.findall(r"@([a-z]+\d{4})", source))
    cited |= {key for name in CHECKLIST_NAMES for key in definition(name).reference}
    assert cited == set(known_references())


def test_a_run_lists_what_it_cites_and_no_more():
    report = with_texts(MADE(preset="quick"))
    sentences = [s for part in report.methods for s in part.sentences]
    sentences += [s for c in report.checklists for i in c.items for s in i.sentences]
    cited = {key for s in sentences for key in cite_keys(s.text)}
    cited |= {key for c in report.checklists for key in c.reference}
    assert set(parse(bibtex(report.provenance.methods))) == cited
    with_n4 = with_texts(MADE(changes={"bias.method": "n4"}))
    assert "sled1998" in cited
    assert "sled1998" not in {r.key for r in with_n4.provenance.methods}


def test_an_unknown_key_is_refused():
    with pytest.raises(KeyError):
        cited_references(["nobody1900"])


def test_a_reference_as_it_is_shown():
    known = known_references()
    assert known["sled1998"].text == (
        "Sled JG, Zijdenbos AP, Evans AC. IEEE Transactions on Medical Imaging 1998;17:87-97: N3"
    )
    assert known["monti2003"].text.startswith("Monti S et al. Machine Learning 2003;52:91-118")
    assert short_name(known["senbabaoglu2014"]) == "Şenbabaoğlu 2014"
    assert short_name(known["vantveer2002"]) == "van 't Veer 2002"


@pytest.mark.parametrize(
    "text",
    ["no citation", "one [@a1]", "[@a1; @b2] two", "not [a1], not @a1, not [@a1;@b2]", "[@a1] and [@b2]."],
)
def test_pieces_hold_the_whole_text(text):
    shown = ""
    for literal, keys in cite_pieces(text):
        shown += literal + (f"[{'; '.join('@' + k for k in keys)}]" if keys else "")
    assert shown == text
    assert cite_keys(text) == [k for _, keys in cite_pieces(text) for k in keys]


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=30))
def test_foreign_fields_cannot_end_an_entry(author, title, doi):
    foreign = Reference(text="x", doi=doi, key="other1999", fields={"author": author, "title": title})
    entries = parse(bibtex([foreign, known_references()["cox1972"]]))
    assert list(entries) == ["other1999", "cox1972"]
