"""Files are written whole or not at all."""

from __future__ import annotations

import pytest

from kinephen.core.files import atomic_path, write_whole


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    target = tmp_path / "deep" / "table.csv"
    write_whole(target, b"old")
    with pytest.raises(TypeError), atomic_path(target) as temporary:
        temporary.write_text(7)
    assert target.read_bytes() == b"old"
    assert list(target.parent.iterdir()) == [target]


def test_two_writers_of_one_file_do_not_meet(tmp_path):
    target = tmp_path / "table.csv"
    with atomic_path(target) as first, atomic_path(target) as second:
        assert first != second
        assert first.suffix == second.suffix == ".csv"
        first.write_bytes(b"first")
        second.write_bytes(b"second")
    assert target.read_bytes() == b"first"
    assert list(tmp_path.iterdir()) == [target]
