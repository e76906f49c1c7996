"""Files are written whole or not at all."""

from __future__ import annotations

from uuid import uuid4

import pytest

from kinephen.core.files import PARTIAL, atomic_path, file_name, write_whole
from kinephen.study.lock import run_lock


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    target = tmp_path / "deep" / "table.csv"
    write_whole(target, b"old")
    with pytest.raises(TypeError), atomic_path(target) as temporary:
        temporary.write_text(7)
    assert target.read_bytes() == b"old"
    assert list(target.parent.iterdir()) == [target]


def test_what_a_killed_process_left_is_removed_under_the_lock(tmp_path):
    for name in ("report.json", "store/lesion/a.json"):
        write_whole(tmp_path / name, b"whole")
        left = (tmp_path / name).with_name(f"{PARTIAL}{uuid4().hex}-{(tmp_path / name).name}")
        left.write_bytes(b"half")
    others = ("exams/" + f"{PARTIAL}{uuid4().hex}-a", f"{PARTIAL}notes", "store/partial/mine/x")
    for name in others:
        write_whole(tmp_path / name, b"of the user")
    with run_lock(tmp_path):
        pass
    kept = sorted(str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file())
    assert kept == sorted([".lock", "report.json", "store/lesion/a.json", *others])


def test_two_writers_of_one_file_do_not_meet(tmp_path):
    target = tmp_path / "table.csv"
    with atomic_path(target) as first, atomic_path(target) as second:
        assert first != second
        assert first.suffix == second.suffix == ".csv"
        first.write_bytes(b"first")
        second.write_bytes(b"second")
    assert target.read_bytes() == b"first"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize(
    "text", ["a b", "it's", "Müller", "two\nlines", "-rf", "../x", "", ".", "x" * 200, "a/b", "\ud800"]
)
def test_any_text_gives_a_name_for_a_file(tmp_path, text):
    name = file_name(text)
    assert name not in (text, "", ".", "..")
    assert len(name) <= 70
    assert not name.startswith("-")
    (tmp_path / name).mkdir()
    assert [p.name for p in tmp_path.iterdir()] == [name]


def test_a_plain_name_stays_and_different_texts_have_different_names():
    assert file_name("T1") == "T1"
    assert file_name("case-0001") == "case-0001"
    texts = ["a b", "a_b", "a  b", "a/b", "ä b", "x" * 200, "x" * 201]
    assert len({file_name(t) for t in texts}) == len(texts)
