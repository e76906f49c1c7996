"""Notes that go with tables."""

from __future__ import annotations

import pytest

from kinephen.core.cohort import Issue, issues_frame


@pytest.mark.parametrize("code", ["2 rows are empty", "rows", "", "Rows.empty", "rows.", "rows empty.x"])
def test_an_issue_has_a_code(code):
    with pytest.raises(ValueError, match="no code"):
        Issue(code, "rows.empty")


def test_issues_are_a_table():
    found = issues_frame([Issue("rows.empty", "2 rows are empty", where="table", count=2)])
    assert found.to_dict("records") == [
        {"code": "rows.empty", "message": "2 rows are empty", "where": "table", "count": 2}
    ]
