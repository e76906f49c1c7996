"""The decision log: nothing can be changed, removed or put elsewhere without being found."""

from __future__ import annotations

import json
from dataclasses import asdict, fields, replace
from multiprocessing import get_context

import pytest

from kinephen.errors import InputError
from kinephen.io.hash_chain import FIRST, HEAD
from kinephen.io.review_decision import Decision
from kinephen.io.review_log import LOG, check_log, open_log, read_log

SIGNED = Decision(
    case="case-0001",
    visit="T1",
    exam="case-0001-T1-aaaaaaaa",
    action="edit",
    role="editor",
    user="reader1",
    name="R. Reader",
    meaning="authorship",
    reason="vessel cut off — “née” 3 mm",
    time="2026-01-02T03:04:05.678+00:00",
    revision=1,
    mask_before="b" * 64,
    mask_after="c" * 64,
    source="a" * 64,
    voxels_added=3,
    voxels_removed=4,
    cc_before=1.25,
    cc_after=1.125,
    dice_to_automatic=0.875,
    same_person=False,
    software="0.1",
    parameters="d" * 64,
)


@pytest.fixture
def log(tmp_path):
    """Return a folder with a log of five decisions."""
    with open_log(tmp_path) as appender:
        for n in range(5):
            appender.append(replace(SIGNED, revision=n, dice_to_automatic=None if n == 2 else 0.5))
    return tmp_path


def lines(folder):
    return (folder / LOG).read_text(encoding="utf-8").splitlines()


def write(folder, content):
    (folder / LOG).write_text("".join(f"{line}\n" for line in content), encoding="utf-8")


def test_decisions_come_back_as_they_were_written(log):
    found = read_log(log)
    assert [d.revision for d in found] == [0, 1, 2, 3, 4]
    assert found[1] == replace(SIGNED, revision=1, dice_to_automatic=0.5)
    assert found[2].dice_to_automatic is None
    check = check_log(log)
    assert check.intact
    assert check.lines == 5
    assert check.head == json.loads(lines(log)[-1])["hash"] == json.loads((log / HEAD).read_text())["hash"]


def test_the_first_line_follows_nothing_and_each_other_the_one_before(log):
    records = [json.loads(line) for line in lines(log)]
    assert records[0]["previous"] == FIRST
    assert [r["previous"] for r in records[1:]] == [r["hash"] for r in records[:-1]]
    assert [r["line"] for r in records] == [1, 2, 3, 4, 5]


def test_an_empty_folder_holds_no_decisions(tmp_path):
    assert read_log(tmp_path) == ()
    assert check_log(tmp_path).intact


@pytest.mark.parametrize("number", range(5))
@pytest.mark.parametrize("name", [f.name for f in fields(Decision)])
def test_a_change_of_any_field_of_any_line_is_found(log, number, name):
    content = lines(log)
    record = json.loads(content[number])
    value = record[name]
    record[name] = not value if isinstance(value, bool) else f"{value}x" if isinstance(value, str) else 77
    if name.startswith(("cc", "dice")):
        record[name] = 77.0
    if name in ("action", "role"):
        record[name] = {"edit": "accept", "editor": "confirmer"}[value]
    content[number] = json.dumps(record, ensure_ascii=False)
    write(log, content)
    problems = check_log(log).problems
    assert any(p.startswith(f"line {number + 1}: its content") for p in problems), problems
    with pytest.raises(InputError, match="not as it was written") as caught:
        read_log(log)
    assert caught.value.code == "review.log"


@pytest.mark.parametrize("number", range(5))
def test_a_removed_line_is_found(log, number):
    content = lines(log)
    del content[number]
    write(log, content)
    assert not check_log(log).intact


@pytest.mark.parametrize(("first", "second"), [(0, 1), (3, 4), (0, 4)])
def test_lines_that_changed_places_are_found(log, first, second):
    content = lines(log)
    content[first], content[second] = content[second], content[first]
    write(log, content)
    assert not check_log(log).intact


def test_a_repeated_line_and_a_foreign_line_are_found(log):
    content = lines(log)
    write(log, [*content, content[-1]])
    assert "line 6: does not follow the line before it" in check_log(log).problems
    write(log, [*content, "{}"])
    assert "missing or unknown field(s)" in check_log(log).problems[0]


def test_a_line_whose_hash_was_made_anew_breaks_the_next_or_the_head(log):
    from kinephen.io.hash_line import to_line

    content = lines(log)
    for number in (1, 4):
        previous = json.loads(content[number])["previous"]
        forged, _ = to_line(replace(SIGNED, name="Somebody Else"), number=number + 1, previous=previous)
        write(log, [*content[:number], forged, *content[number + 1 :]])
        assert not check_log(log).intact


def test_lines_cut_off_at_the_end_are_found_through_the_head(log):
    content = lines(log)
    write(log, content[:3])
    assert check_log(log).problems == ("2 line(s) at the end are missing",)
    (log / LOG).unlink()
    assert check_log(log).problems == ("5 line(s) at the end are missing",)


def test_a_removed_head_is_found(log):
    (log / HEAD).unlink()
    assert check_log(log).problems == ("head.json is missing",)
    (log / HEAD).write_text("{}")
    assert check_log(log).problems == ("head.json is damaged",)


def test_a_head_of_another_log_is_found(log):
    (log / HEAD).write_text(json.dumps({"lines": 3, "hash": "e" * 64}))
    assert check_log(log).problems == ("head.json does not belong to this log",)
    (log / HEAD).write_text(json.dumps({"lines": -1, "hash": FIRST}))
    assert check_log(log).problems == ("head.json does not belong to this log",)


def test_a_hash_kept_elsewhere_shows_a_log_that_was_written_anew(log, tmp_path_factory):
    kept = check_log(log).head
    other = tmp_path_factory.mktemp("other")
    with open_log(other) as appender:
        appender.append(replace(SIGNED, name="Somebody Else"))
    assert check_log(log, head=kept).intact
    assert check_log(other).intact
    assert "no line has the given hash" in check_log(other, head=kept).problems[0]


def test_a_crash_before_the_head_was_written_is_no_tampering(log):
    with open_log(log) as appender:
        old = (log / HEAD).read_text()
        appender.append(SIGNED)
    (log / HEAD).write_text(old)
    assert check_log(log).intact
    with open_log(log) as appender:
        appender.append(SIGNED)
    assert check_log(log).lines == 7
    assert check_log(log).intact


@pytest.mark.parametrize("size", [1, 40, -1])
def test_a_line_cut_off_by_a_crash_is_named_and_nothing_is_added_to_it(log, size):
    data = (log / LOG).read_bytes()
    start = data[:-1].rfind(b"\n") + 1
    (log / LOG).write_bytes(data[: start + size] if size > 0 else data[:-2])
    before = (log / LOG).read_bytes()
    assert any(p.startswith("line 5: not JSON") for p in check_log(log).problems)
    with pytest.raises(InputError, match="line 5: not JSON"), open_log(log) as appender:
        appender.append(SIGNED)
    assert (log / LOG).read_bytes() == before


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("revision", "one", "field revision has a value of the wrong type"),
        ("same_person", 1, "field same_person has a value of the wrong type"),
        ("voxels_added", True, "field voxels_added has a value of the wrong type"),
        ("action", "approve", "unknown action or role"),
        ("role", "boss", "unknown action or role"),
    ],
)
def test_a_line_with_a_wrong_value_is_named(log, name, value, text):
    content = lines(log)
    content[2] = json.dumps({**json.loads(content[2]), name: value}, ensure_ascii=False)
    write(log, content)
    assert f"line 3: {text}" in check_log(log).problems


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (
            lambda line: line.replace('"name"', '"name": "Somebody Else", "name"', 1),
            "not written as kinephen",
        ),
        (lambda line: line.replace(", ", ",  ", 1), "not written as kinephen"),
        (lambda line: line.replace("\u201c", "\\u201c"), "not written as kinephen"),
        (lambda line: line + "\r", "not written as kinephen"),
        (lambda line: line.replace('"cc_before": 1.25', '"cc_before": NaN'), "not JSON"),
        (lambda line: "[" * 100_000, "not JSON"),
        (lambda line: "7", "not a decision"),
        (lambda line: "", "not JSON"),
        (
            lambda line: line.encode().replace(b"R. Reader", b"R. \xff").decode(errors="replace"),
            "its content",
        ),
    ],
    ids=["twice", "space", "escape", "return", "nan", "deep", "number", "empty", "bytes"],
)
def test_what_parsing_would_hide_is_found(log, change, text):
    content = lines(log)
    content[1] = change(content[1])
    (log / LOG).write_bytes("".join(f"{line}\n" for line in content).encode())
    assert check_log(log).problems[0].startswith(f"line 2: {text}")


def _append_many(folder, worker):
    for n in range(8):
        with open_log(folder) as appender:
            appender.append(replace(SIGNED, user=f"user{worker}", voxels_added=n))


def test_processes_that_write_at_once_lose_no_line_and_break_no_chain(tmp_path):
    context = get_context("spawn")
    workers = [context.Process(target=_append_many, args=(tmp_path, n)) for n in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=60)
        assert worker.exitcode == 0
    assert check_log(tmp_path).intact
    found = read_log(tmp_path)
    assert len(found) == 24
    for n in range(3):
        assert [d.voxels_added for d in found if d.user == f"user{n}"] == list(range(8))


def test_every_field_is_in_the_line(log):
    assert set(json.loads(lines(log)[0])) == {*asdict(SIGNED), "line", "previous", "hash"}
