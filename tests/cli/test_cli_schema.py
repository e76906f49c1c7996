"""``config schema``: the schemas describe the files that the program itself writes."""

from __future__ import annotations

import json

import pytest

from kinephen.cli.schemas import json_schema
from kinephen.errors import UsageError


@pytest.mark.parametrize("what", ["study", "report", "model", "fitted", "truth"])
def test_each_schema_is_plain_json_and_refuses_unknown_keys(what):
    schema = json_schema(what)
    assert json.loads(json.dumps(schema)) == schema
    assert schema["additionalProperties"] is False


def test_unknown_schema_lists_the_known():
    with pytest.raises(UsageError, match="one of study, report, model, fitted, truth"):
        json_schema("studio")
