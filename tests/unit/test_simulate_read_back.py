"""The project's own reader finds in simulated exams what was planted, whatever the layout."""

from __future__ import annotations

import numpy as np
import pytest

from kinephen.core.streams import stream
from kinephen.errors import InputError
from kinephen.io.exam import read_exam
from kinephen.records.protocol import FAT_SUPPRESSED
from kinephen.simulate import layout_variants as variants
from kinephen.simulate.exam import simulate_exam
from kinephen.simulate.exam_files import write_exam
from kinephen.simulate.identity import ExamIdentity
from kinephen.simulate.layouts import one_series_a_phase, one_series_by_content_time
from kinephen.simulate.layouts_bids import FORMS, write_bids_exam
from kinephen.simulate.settings import ImageSettings
from kinephen.simulate.tumour import draw_baseline

IMAGE = ImageSettings(matrix=40, slices=10)

LAYOUTS = {
    "ge": ("ge", None),
    "siemens": ("siemens", None),
    "philips": ("philips", None),
    "ge big endian": ("ge", variants.with_syntax(one_series_by_content_time, variants.BIG_ENDIAN)),
    "ge implicit": ("ge", variants.with_syntax(one_series_by_content_time, variants.IMPLICIT)),
    "ge mixed": (
        "ge",
        variants.with_mixed_syntax(one_series_by_content_time, variants.EXPLICIT, variants.BIG_ENDIAN),
    ),
    "ge pre and post": ("ge", variants.pre_and_post_series),
    "ge aborted first": ("ge", variants.with_aborted_series),
    "ge subtraction": ("ge", variants.with_subtraction(one_series_by_content_time)),
    "siemens renamed posts": ("siemens", variants.posts_under_another_name),
    "siemens subtraction": ("siemens", variants.with_subtraction(one_series_a_phase)),
}


LAYOUTS |= {f"{vendor} {form}": (vendor, form) for vendor in ("ge", "siemens", "philips") for form in FORMS}


def exam_of(vendor, laterality="L", image=IMAGE):
    state = draw_baseline(stream(1, "s"))
    exam = simulate_exam(image, state, vendor=vendor, names=("w", "T1"), laterality=laterality, seed=1)
    who = ExamIdentity("SIM-D0001", "T1", laterality, 50, "SITE A", 3, 37_958.0, 1)
    return exam, who


AGENTS = {"ge": "gadopentetate", "siemens": "gadopentetate", "philips": "gadodiamide"}


def check_protocol(found, exam):
    own, read = exam.protocol, found.protocol
    assert (read.repetition_ms, read.echo_ms, read.flip_degrees) == (
        own.repetition_ms,
        own.echo_ms,
        own.flip_degrees,
    )
    assert (read.scanning_sequence, read.sequence_variant) == (("GR",), ("SP",))
    assert read.scan_options == own.scan_options
    assert (read.acquisition_type, read.fat_suppression) == ("3D", FAT_SUPPRESSED)
    assert (read.sequence_name, read.coil) == (own.sequence.lstrip("*"), own.coil)
    assert (read.contrast_agent, read.contrast_route) == (AGENTS[own.vendor], "intravenous")
    assert (read.contrast_volume_ml, read.averages, read.echo_train) == (own.contrast_volume_ml, 1.0, 1.0)
    assert read.slice_thickness_mm == pytest.approx(exam.geometry.spacing[0])
    assert (found.scanner_model, found.field_strength_t) == (own.model, 1.5)


def check(found, exam):
    assert found.series.geometry.difference(exam.geometry) == ""
    expected = (exam.stored * exam.protocol.slope).astype(np.float32)
    np.testing.assert_array_equal(found.series.frames, expected)
    assert found.series.times_s == pytest.approx(exam.protocol.middles_s)
    assert (found.series.early, found.series.late) == (exam.protocol.early, exam.protocol.late)
    assert found.series.header.pe_threshold_percent == exam.protocol.pe_threshold_percent
    check_protocol(found, exam)
    (box,) = found.series.header.boxes
    np.testing.assert_array_equal(box.mask(exam.geometry), exam.box.mask(exam.geometry))


@pytest.mark.parametrize("name", LAYOUTS)
def test_what_was_planted_is_read(tmp_path, name):
    vendor, layout = LAYOUTS[name]
    exam, who = exam_of(vendor)
    if layout in FORMS:
        write_bids_exam(tmp_path, exam, who, layout)
    else:
        write_exam(tmp_path, exam, who, layout=layout)
    check(read_exam(tmp_path), exam)


def test_a_matrix_of_512_is_read(tmp_path):
    exam, who = exam_of("siemens", image=ImageSettings(matrix=512, slices=6))
    write_exam(tmp_path, exam, who)
    check(read_exam(tmp_path), exam)


def test_times_that_cross_midnight_are_read(tmp_path):
    exam, who = exam_of("ge")
    late = ExamIdentity("SIM-D0001", "T1", "L", 50, "SITE A", 3, 86_390.0, 1)
    write_exam(tmp_path, exam, late)
    assert read_exam(tmp_path).series.times_s == pytest.approx(exam.protocol.middles_s)
    assert who.injection_s != late.injection_s


def test_a_missing_slice_is_refused(tmp_path):
    exam, who = exam_of("siemens")
    layout = variants.without_slice(one_series_a_phase, phase=1, index=4)
    write_exam(tmp_path, exam, who, layout=layout)
    with pytest.raises(InputError):
        read_exam(tmp_path)
