"""Whatever a file states of its protocol: nothing raises, and nothing that is not checked comes out."""

from __future__ import annotations

import json
import math

from hypothesis import given
from hypothesis import strategies as st

from kinephen.io.bids_protocol import acquired_fields, sidecar_acquired
from kinephen.io.protocol import NUMBERS, TEXTS, protocol_from

ATOMS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40) | st.binary(max_size=9)
VALUES = st.recursive(
    ATOMS, lambda v: st.lists(v, max_size=3) | st.dictionaries(st.text(max_size=3), v, max_size=2)
)
KEYS = st.sampled_from(
    [*NUMBERS, *TEXTS, "RepetitionTimeExcitation", "MagneticFieldStrength", "Manufacturer"]
)
STATED = st.dictionaries(KEYS, VALUES, max_size=8)
TOKEN = "QXYLANDERQ"


@given(STATED)
def test_no_value_raises_and_numbers_lie_in_their_ranges(stated):
    found = protocol_from(stated).model_dump()
    for field, low, high in NUMBERS.values():
        value = found[field]
        assert value is None or (math.isfinite(value) and low <= value <= high)
    json.dumps(protocol_from(stated).model_dump(), allow_nan=False)


@given(STATED)
def test_what_a_sidecar_states_is_kept_by_the_next(stated):
    once = sidecar_acquired([stated])
    fields = acquired_fields(once)
    json.dumps(fields, allow_nan=False)
    again = sidecar_acquired([fields])
    assert again.protocol == once.protocol
    assert again.field_strength_t == once.field_strength_t


@given(st.sampled_from(TEXTS), st.text(max_size=20), st.text(max_size=20))
def test_a_name_in_any_text_never_comes_out(keyword, before, after):
    found = protocol_from({keyword: f"{before}{TOKEN}{after}"})
    assert TOKEN not in str(found).upper()
