"""BIDS-like folders: which files are phases, in which order, when; masks; and what is refused."""

from __future__ import annotations

import json

import nibabel
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.export_exams import exam_with_lesion
from tests.io_exams import TIMES, sagittal, values

from kinephen.core.volume import Geometry, Mask, Volume
from kinephen.errors import InputError
from kinephen.io.bids_layout import bids_exams
from kinephen.io.bids_names import parse_name
from kinephen.io.bids_timing import TimeFields, bids_timing
from kinephen.io.exam import inspect_path, read_exam
from kinephen.io.nifti import nifti_affine, write_mask, write_volume
from kinephen.io.sidecar import MAX_BYTES
from kinephen.report.exports.exam_forms import Forms, write_forms
from kinephen.report.exports.exam_names import Names
from kinephen.study.fingerprint import Fingerprints
from kinephen.study.one_exam import Request, measure

CLOCKS = ("10:25:51.000", "10:32:38.000", "10:38:32.000")
WHO = "sub-01_ses-T1"


def phase(path, frame, sidecar=None, geometry=None):
    """Write one phase, and its sidecar only if there is one."""
    write_volume(path, Volume(frame.astype(np.float32), geometry or sagittal()))
    beside = path.with_name(path.name.split(".")[0] + ".json")
    beside.unlink()
    if sidecar is not None:
        beside.write_text(json.dumps(sidecar), encoding="utf-8")


def phases(folder, frames, names, sidecars=None):
    for n, (frame, name) in enumerate(zip(frames, names, strict=True)):
        phase(folder / name, frame, sidecars[n] if sidecars else {"AcquisitionTime": CLOCKS[n]})


def whole(path, frames, sidecar):
    array = np.ascontiguousarray(frames.astype(np.float32).transpose(3, 2, 1, 0))
    path.parent.mkdir(parents=True, exist_ok=True)
    nibabel.save(nibabel.Nifti1Image(array, nifti_affine(sagittal())), path)
    path.with_name(path.name.split(".")[0] + ".json").write_text(json.dumps(sidecar), encoding="utf-8")


SETS = {
    "runs": ("anat", ["run-1_T1w.nii", "run-2_T1w.nii", "run-3_T1w.nii"]),
    "echoes": ("perf", ["echo-1_dce.nii.gz", "echo-2_dce.nii.gz", "echo-3_dce.nii.gz"]),
    "numbered phases": ("dce", ["acq-phase0_T1w.nii", "acq-phase1_T1w.nii", "acq-phase2_T1w.nii"]),
    "words": ("anat", ["acq-pre_T1w.nii", "acq-early_T1w.nii", "acq-late_T1w.nii"]),
    "agent and run": ("anat", ["T1w.nii", "ce-gd_run-1_T1w.nii", "ce-gd_run-2_T1w.nii"]),
    "agent and word": ("anat", ["acq-pre_T1w.nii", "acq-post_ce-gd_T1w.nii", "acq-postdelay_ce-gd_T1w.nii"]),
    "upper case": ("ANAT", ["ACQ-PRE_t1W.NII", "ACQ-POST1_T1W.NII", "Acq-Post2_T1w.NII"]),
    "no datatype folder": (".", ["run-01_T1w.nii", "run-02_T1w.nii", "run-03_T1w.nii"]),
}


@pytest.mark.parametrize("name", SETS)
def test_one_file_a_phase(tmp_path, name):
    datatype, names = SETS[name]
    frames = values()
    phases(tmp_path / "sub-01" / "ses-T1" / datatype, frames, [f"{WHO}_{n}" for n in names])
    for path in (tmp_path, tmp_path / "sub-01", tmp_path / "sub-01" / "ses-T1" / datatype):
        series = read_exam(path).series
        assert np.array_equal(series.frames, frames)
        assert series.times_s == TIMES
        assert series.geometry.difference(sagittal()) == ""
        assert series.phase_rule.startswith("BIDS-like, one file a phase, by ")
        assert "AcquisitionTime" in series.timing_rule


WHOLE = {
    "frames": {"FrameTimesStart": [0, 407, 761], "FrameDuration": [354, 354, 354]},
    "frames and injection": {"FrameTimesStart": [-407, 0, 354], "FrameDuration": 354, "InjectionStart": 0},
    "volumes": {"VolumeTiming": [10.0, 417.0, 771.0], "AcquisitionDuration": 354},
    "clocks": {"AcquisitionTime": list(CLOCKS)},
    "clocks and injection": {
        "AcquisitionTime": ["102551", "103238", "103832.0"],
        "ContrastBolusStartTime": "10:32:38",
        "AcquisitionDuration": 354.0,
    },
    "over midnight": {"AcquisitionTime": ["23:58:00", "00:04:47", "00:10:41"]},
    "triggers": {"TriggerTime": [0, 407e3, 761e3]},
    "own": {"times_s": list(TIMES)},
    "counted from the first image": {"acquisition_times_s": [0, 407, 761]},
    "distances": {"RepetitionTime": [407, 354, 354]},
}


@pytest.mark.parametrize("name", WHOLE)
def test_one_4d_file_and_its_times(tmp_path, name):
    frames = values()
    whole(tmp_path / "sub-01" / "perf" / "sub-01_dce.nii.gz", frames, WHOLE[name])
    series = read_exam(tmp_path).series
    assert np.array_equal(series.frames, frames)
    assert series.times_s == pytest.approx(TIMES)
    assert series.phase_rule == "BIDS-like, fourth dimension"


def test_the_distance_of_volumes_and_the_repetition_time_of_the_sequence_are_told_apart(tmp_path):
    path = tmp_path / "sub-01" / "perf" / "sub-01_dce.nii.gz"
    whole(path, values(), {"RepetitionTime": 120.0})
    assert read_exam(tmp_path).series.times_s == (-60.0, 60.0, 180.0)
    whole(path, values(), {"RepetitionTime": 120.0, "ConversionSoftware": "dcm2niix"})
    assert "nifti.mean_interval" in [i.code for i in read_exam(tmp_path).issues]
    whole(path, values(), {"RepetitionTime": 0.0082})
    assert read_exam(tmp_path).series.times_s is None
    assert read_exam(tmp_path, nominal_times_s=TIMES).series.timing_rule == "nominal"


def test_sidecars_are_inherited_and_the_nearer_one_counts(tmp_path):
    frames = values()
    image = tmp_path / "sub-01" / "ses-T1" / "dce" / f"{WHO}_dce.nii.gz"
    whole(image, frames, {"pe_threshold_percent": 90})
    (tmp_path / "dce.json").write_text('{"FrameTimesStart": [0, 1, 2], "pe_threshold_percent": 70}')
    (tmp_path / "sub-01" / "sub-01_dce.json").write_text('{"FrameTimesStart": [0, 407, 761]}')
    (tmp_path / "sub-02_dce.json").write_text('{"FrameTimesStart": [0, 5, 9]}')
    exam = read_exam(image.parent)
    assert exam.series.times_s == TIMES
    assert exam.series.header.pe_threshold_percent == 90
    assert exam.series.header.sources["pe_threshold_percent"] == "sidecar"
    assert [i.code for i in exam.issues] == ["nifti.unit", "nifti.duration"]


def test_an_inherited_sidecar_is_part_of_the_exams_content(tmp_path):
    root = tmp_path / "data"
    whole(root / "sub-01" / "dce" / "sub-01_dce.nii.gz", values(), {})
    marks = Fingerprints(tmp_path / "marks")
    found = []
    for times in ([0, 407, 761], [0, 400, 761], [0, 401, 761]):
        (root / "dce.json").write_text(json.dumps({"FrameTimesStart": times}))
        found.append(marks.of(root / "sub-01"))
    assert len(set(found)) == 3


def test_times_order_files_whose_names_do_not(tmp_path):
    frames = values()
    names = [f"{WHO}_acq-{label}_T1w.nii" for label in ("sagbefore", "axfirst", "corsecond")]
    phases(tmp_path / "sub-01" / "ses-T1" / "anat", frames, names)
    assert np.array_equal(read_exam(tmp_path).series.frames, frames)
    for path in tmp_path.rglob("*.json"):
        path.unlink()
    with pytest.raises(InputError, match="nothing orders its phase files") as caught:
        read_exam(tmp_path, nominal_times_s=TIMES)
    assert caught.value.code == "nifti.order"
    assert "manifest" in caught.value.hint


def test_runs_against_time_are_put_right_and_noted(tmp_path):
    frames = values()
    names = [f"{WHO}_run-{n}_T1w.nii" for n in (1, 3, 2)]
    phases(tmp_path / "sub-01" / "ses-T1" / "anat", frames, names)
    exam = read_exam(tmp_path)
    assert np.array_equal(exam.series.frames, frames)
    assert "nifti.order" in [i.code for i in exam.issues]


def test_words_against_time_are_a_conflict(tmp_path):
    names = [f"{WHO}_acq-{label}_T1w.nii" for label in ("post1", "pre", "post2")]
    phases(tmp_path / "sub-01" / "ses-T1" / "anat", values(), names)
    with pytest.raises(InputError, match=r"in the order \[1, 0, 2\], against their names"):
        read_exam(tmp_path)


def test_sources_of_times_that_differ_are_noted(tmp_path):
    sidecar = {"FrameTimesStart": [0, 407, 761], "TriggerTime": [0, 407e3, 800e3]}
    whole(tmp_path / "sub-01" / "dce" / "sub-01_dce.nii", values(), sidecar)
    exam = read_exam(tmp_path)
    assert exam.series.times_s == TIMES
    assert "FrameTimesStart and TriggerTime differ by up to 39 s" in " ".join(i.message for i in exam.issues)


def test_a_manifest_stands_over_names_and_sidecars(tmp_path):
    frames = values()
    names = [f"{WHO}_run-{n}_T1w.nii" for n in (1, 2, 3)]
    folder = tmp_path / "data" / "sub-01" / "ses-T1" / "anat"
    phases(folder, frames, names)
    manifest = tmp_path / "m.toml"
    manifest.write_text("times_s = [-60, 60, 300]\npe_threshold_percent = 80\nminimum_neighbours = 3\n")
    series = read_exam(tmp_path / "data", manifest=manifest).series
    assert (series.times_s, series.timing_rule) == ((-60, 60, 300), "manifest")
    assert (series.header.pe_threshold_percent, series.header.minimum_neighbours) == (80, 3)
    entries = "".join(f'[[phase]]\nfiles = "anat/*_run-{n}_T1w.nii"\n' for n in (2, 1, 3))
    manifest.write_text("times_s = [-60, 60, 300]\n" + entries)
    series = read_exam(tmp_path / "data", manifest=manifest).series
    assert np.array_equal(series.frames, frames[[1, 0, 2]])
    assert series.phase_rule == "manifest"
    (found,) = inspect_path(tmp_path / "data", manifest=manifest)["exams"]
    assert found["phase_rule"] == "manifest"


def test_a_manifest_may_name_volumes_of_files(tmp_path):
    frames = values(4)
    whole(tmp_path / "data" / "sub-01_acq-post_dce.nii", frames[1:], {})
    phase(tmp_path / "data" / "sub-01_acq-pre_dce.nii", frames[0])
    posts = "".join(f'[[phase]]\nfiles = "*post_dce.nii"\npart = {n}\n' for n in (1, 3))
    manifest = tmp_path / "m.toml"
    manifest.write_text('times_s = [-60, 60, 300]\n[[phase]]\nfiles = "*pre_dce.nii"\n' + posts)
    assert np.array_equal(read_exam(tmp_path / "data", manifest=manifest).series.frames, frames[[0, 1, 3]])
    manifest.write_text(manifest.read_text().replace("part = 3", "part = 4"))
    with pytest.raises(InputError, match=r"holds 3 volume\(s\); part 4 is asked for"):
        read_exam(tmp_path / "data", manifest=manifest)
    manifest.write_text(manifest.read_text().replace("*post_dce", "*_dce"))
    with pytest.raises(InputError, match=r"phase 2: 2 NIfTI file\(s\) fit; expected one"):
        read_exam(tmp_path / "data", manifest=manifest)


def test_axes_of_any_order_and_length_keep_their_places(tmp_path):
    affine = np.eye(4)
    affine[:3, :3] = np.diag([2.5, -0.8, 0.6]) @ np.eye(3)[[1, 2, 0]]
    affine[:3, 3] = (-40.0, 12.0, 7.0)
    geometry = Geometry((4, 5, 11), affine)
    frames = values(3, geometry.shape)
    for n, frame in enumerate(frames):
        name = f"sub-01_run-{n + 1}_T1w.nii"
        phase(tmp_path / "sub-01" / "anat" / name, frame, {"AcquisitionTime": CLOCKS[n]}, geometry)
    series = read_exam(tmp_path).series
    assert series.geometry.difference(geometry) == ""
    assert np.array_equal(series.frames, frames)


def test_qform_alone_is_enough_and_a_conflict_is_noted(tmp_path):
    path = tmp_path / "sub-01" / "dce" / "sub-01_dce.nii"
    whole(path, values(), {"times_s": list(TIMES)})
    for code, shift, noted in ((0, 0.0, False), (1, 3.0, True)):
        image = nibabel.load(path)
        affine = nifti_affine(sagittal())
        image.set_qform(affine, code=1)
        moved = affine.copy()
        moved[0, 3] += shift
        image.set_sform(moved, code=code)
        nibabel.save(nibabel.Nifti1Image(image.get_fdata(dtype=np.float32).copy(), None, image.header), path)
        exam = read_exam(tmp_path)
        assert ("nifti.forms_differ" in [i.code for i in exam.issues]) is noted
        if not noted:
            assert exam.series.geometry.difference(sagittal()) == ""


def test_masks_are_found_beside_the_exam_and_in_derivatives(tmp_path):
    session = tmp_path / "sub-01" / "ses-T1"
    whole(session / "dce" / f"{WHO}_dce.nii", values(), {"times_s": list(TIMES)})
    inside = np.zeros(sagittal().shape, dtype=bool)
    inside[2:4, 3:5, 3:6] = True
    mask = Mask(inside, sagittal())
    derived = tmp_path / "derivatives" / "reader" / "sub-01" / "ses-T1" / "anat"
    write_mask(session / "dce" / f"{WHO}_label-breast_mask.nii.gz", mask)
    write_mask(derived / f"{WHO}_label-tumor_dseg.nii.gz", mask)
    write_mask(derived / "sub-02_ses-T1_label-tumor_mask.nii.gz", mask)
    write_mask(derived / f"{WHO}_space-mni_mask.nii.gz", Mask(inside, sagittal(x0=90.0)))
    for path in (tmp_path, session, session / "dce"):
        exam = read_exam(path)
        assert sorted(s.kind for s in exam.segmentations) == ["lesion", "other"]
        assert {"nifti.mask_found", "nifti.mask_grid"} <= {i.code for i in exam.issues}
    (listed,) = inspect_path(tmp_path)["exams"]
    assert sorted(s["kind"] for s in listed["segmentations"]) == ["lesion", "other"]


def test_a_data_set_lists_all_subjects_and_sessions(tmp_path):
    for subject, session in (("XylaQ", "T2"), ("XylaQ", "T1"), ("Aber", "T1")):
        who = f"sub-{subject}_ses-{session}"
        sidecar = {} if subject == "Aber" else {"times_s": list(TIMES)}
        whole(tmp_path / f"sub-{subject}" / f"ses-{session}" / "dce" / f"{who}_dce.nii", values(), sidecar)
    found = inspect_path(tmp_path)
    assert [(e["subject"], e["visit"], e["readable"]) for e in found["exams"]] == [
        ("1", "T1", True),
        ("2", "T1", True),
        ("2", "T2", True),
    ]
    assert [p["time_s"] for p in found["exams"][0]["phases"]] == [None] * 3
    assert "Xyla" not in json.dumps(found)
    assert inspect_path(tmp_path, verbatim=True)["exams"][1]["subject"] == "XylaQ"
    with pytest.raises(InputError, match=r"holds 3 exams of 2 subject\(s\)") as caught:
        read_exam(tmp_path)
    assert "Xyla" not in str(caught.value)
    assert read_exam(tmp_path / "sub-XylaQ" / "ses-T2").visit_label == "T2"


@pytest.mark.parametrize(
    ("sidecar", "text"),
    [
        ({"FrameTimesStart": [0, 400]}, "FrameTimesStart holds 2 times for 3 phases"),
        ({"FrameTimesStart": ["0", 1, 2]}, "FrameTimesStart must be numbers"),
        ({"FrameTimesStart": [0, True, 2]}, "FrameTimesStart must be numbers"),
        ({"FrameTimesStart": [0, 1e300, 2e300]}, "FrameTimesStart must be numbers"),
        ({"AcquisitionTime": ["10:00:00", "noon", "12:00:00"]}, "AcquisitionTime is no clock time"),
        ({"AcquisitionTime": ["x" * 99] * 3}, "AcquisitionTime must be numbers"),
        (
            {"FrameTimesStart": [0, 400, 800], "InjectionStart": -50},
            "s after the injection; expected one before",
        ),
        ({"FrameTimesStart": [0, 400, 300]}, "must increase"),
        ({"times_s": [0, 1]}, "2 times for 3 phases"),
        ({"times_s": list(TIMES), "box": 3}, "box must be a list of tables"),
        ({"times_s": list(TIMES), "early": "1"}, "early is the index of a phase"),
    ],
)
def test_bad_sidecars_are_named(tmp_path, sidecar, text):
    whole(tmp_path / "sub-01" / "dce" / "sub-01_dce.nii", values(), sidecar)
    with pytest.raises(InputError, match=text):
        read_exam(tmp_path)
    (listed,) = inspect_path(tmp_path)["exams"]
    assert not listed["readable"]


@pytest.mark.parametrize("text", ["[1, 2]", "{", "[" * 100_000, '{"FrameTimesStart": [NaN, 1, 2]}', "ÿ"])
def test_hostile_sidecars_are_refused(tmp_path, text):
    whole(tmp_path / "sub-01" / "dce" / "sub-01_dce.nii", values(), {})
    (tmp_path / "sub-01" / "dce" / "sub-01_dce.json").write_text(text, encoding="latin-1")
    with pytest.raises(InputError) as caught:
        read_exam(tmp_path)
    assert caught.value.code == "nifti.sidecar"


def test_sidecars_of_phases_may_be_silent_but_not_disagree(tmp_path):
    names = [f"sub-01_run-{n}_T1w.nii" for n in (1, 2, 3)]
    said = [{}, {"pe_threshold_percent": 90, "early": 1}, {"pe_threshold_percent": 90}]
    times = [{"AcquisitionTime": c} for c in CLOCKS]
    phases(tmp_path / "sub-01" / "anat", values(), names, [t | s for t, s in zip(times, said, strict=True)])
    assert read_exam(tmp_path).series.header.pe_threshold_percent == 90
    said[2] = {"pe_threshold_percent": 70}
    phases(tmp_path / "sub-01" / "anat", values(), names, [t | s for t, s in zip(times, said, strict=True)])
    with pytest.raises(InputError, match="disagree on pe_threshold_percent"):
        read_exam(tmp_path)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.sampled_from(CLOCKS),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=5,
)


@given(
    n=st.integers(2, 4),
    sidecars=st.lists(
        st.dictionaries(
            st.sampled_from([*TimeFields.model_fields, "times_s", "acquisition_times_s"]), ANYTHING
        ),
        min_size=1,
        max_size=4,
    ),
)
def test_whatever_a_sidecar_holds_gives_finite_times_or_a_named_error(n, sidecars):
    sidecars = sidecars if len(sidecars) == n else sidecars[:1]
    found, code = None, "none"
    try:
        found = bids_timing(sidecars, n)
    except InputError as error:
        code = error.code
    assert code in ("none", "nifti.times", "nifti.sidecar", "manifest.value")
    if found is not None:
        assert len(found.times_s) == n
        assert np.isfinite(found.times_s).all()


def test_a_large_sidecar_is_not_read(tmp_path):
    whole(tmp_path / "sub-01" / "dce" / "sub-01_dce.nii", values(), {})
    with (tmp_path / "sub-01" / "dce" / "sub-01_dce.json").open("wb") as handle:
        handle.truncate(MAX_BYTES + 1)
    with pytest.raises(InputError, match="larger than 4,000,000 bytes"):
        read_exam(tmp_path)


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (
            ["run-1_T1w", "run-2_T1w", "run-4_T1w"],
            r"run must count from 0 or 1 without gaps; found \[1, 2, 4\]",
        ),
        (["run-1_T1w", "run-01_T1w", "run-2_T1w"], "stand for the same phase"),
        (["run-1_T1w", "rec-a_run-2_T1w", "run-3_T1w"], "images of 2 kinds"),
        (["T1w"], "one volume is no dynamic exam"),
    ],
)
def test_names_that_make_no_exam(tmp_path, names, text):
    frames = values(len(names))
    phases(tmp_path / "sub-01" / "anat", frames, [f"sub-01_{n}.nii" for n in names])
    with pytest.raises(InputError, match=text):
        read_exam(tmp_path)


def test_two_4d_files_are_not_guessed(tmp_path):
    frames = values()
    for run in (1, 2):
        path = tmp_path / "sub-01" / "perf" / f"sub-01_run-{run}_dce.nii"
        whole(path, frames * run, {"times_s": list(TIMES)})
    with pytest.raises(InputError, match="2 4-D files of one exam in dce"):
        read_exam(tmp_path)
    assert np.array_equal(
        read_exam(tmp_path / "sub-01" / "perf" / "sub-01_run-2_dce.nii").series.frames, frames * 2
    )


def test_the_dynamic_file_is_preferred_to_an_anatomical_one(tmp_path):
    frames = values()
    whole(tmp_path / "sub-01" / "perf" / "sub-01_dce.nii", frames, {"times_s": list(TIMES)})
    phases(tmp_path / "sub-01" / "anat", values(2, seed=5), ["sub-01_run-1_T1w.nii", "sub-01_run-2_T1w.nii"])
    phase(tmp_path / "derivatives" / "x" / "sub-01" / "anat" / "sub-01_desc-n4_T1w.nii", values(1)[0])
    assert np.array_equal(read_exam(tmp_path).series.frames, frames)
    assert len(bids_exams(tmp_path)) == 1


def test_an_exam_in_dicom_stays_one_when_something_was_exported_into_it(tmp_path):
    exam_with_lesion(tmp_path)
    before = read_exam(tmp_path)
    request = Request(exam=tmp_path)
    write_forms(measure(request), Names(tmp_path, "case"), Forms.chosen(nifti=True), request)
    after = read_exam(tmp_path)
    assert after.series.phase_rule == before.series.phase_rule
    assert not after.series.phase_rule.startswith("BIDS")


@pytest.mark.parametrize("session", ["", "T1"])
def test_an_export_reads_back_to_the_same_exam(tmp_path, session):
    exam_with_lesion(tmp_path / "exam")
    request = Request(exam=tmp_path / "exam")
    first = measure(request)
    write_forms(first, Names(tmp_path / "out", "case", session), Forms(), request)
    second = measure(Request(exam=tmp_path / "out"))
    before, after = first.exam.series, second.exam.series
    assert np.array_equal(after.frames, before.frames)
    assert after.geometry.difference(before.geometry) == ""
    assert after.times_s == before.times_s
    assert (after.early, after.late) == (before.early, before.late)
    for name in (
        "pe_threshold_percent",
        "background_percent",
        "pre_contrast_threshold",
        "minimum_neighbours",
    ):
        assert getattr(after.header, name) == getattr(before.header, name)
    assert np.array_equal(second.voi, first.voi)
    assert np.array_equal(second.ftv.by_pe, first.ftv.by_pe)
    assert np.array_equal(second.lesion, first.lesion)
    (compared,) = [m for m in second.record.comparison.segmentations if m.kind == "voi_pe"]
    assert compared.dice == 1.0


def test_corrected_phases_of_an_export_are_not_taken_for_acquired_ones(tmp_path):
    for n, frame in enumerate(values()):
        name = f"sub-01_phase-{n}"
        phase(tmp_path / "sub-01" / "dce" / f"{name}_T1w.nii", frame, {"time_s_after_injection": TIMES[n]})
        phase(tmp_path / "sub-01" / "dce" / f"{name}_desc-n3_T1w.nii", frame / 2, {})
    assert np.array_equal(read_exam(tmp_path).series.frames, values())
    corrected = tmp_path / "sub-01" / "dce" / "sub-01_phase-1_desc-n3_T1w.nii"
    found = read_exam(corrected, nominal_times_s=TIMES).series
    assert np.array_equal(found.frames, values() / 2)


@pytest.mark.parametrize("name", ["sub-1", "sub-01_ses-1_sub-2_T1w.nii", "sub-01_0000.nii", "a b_T1w.nii"])
def test_other_names_are_not_bids(tmp_path, name):
    assert parse_name(tmp_path / name) is None


def test_times_of_no_sidecar_are_none():
    assert bids_timing([{}], 3) is None
    assert bids_timing([{"AcquisitionTime": "10:00:00"}], 3) is None
    same = {"AcquisitionTime": "10:00:00"}
    assert bids_timing([same, same, same], 3) is None


@pytest.mark.parametrize(
    ("fields", "middles", "warned"),
    [
        ({"AcquisitionDuration": 100.0}, [50.0, 150.0, 250.0], False),
        ({"AcquisitionDuration": 400.0}, [50.0, 150.0, 250.0], False),
        ({"AcquisitionDuration": 500.0}, [50.0, 150.0, 250.0], True),
        ({"AcquisitionDuration": 60.0}, [50.0, 150.0, 250.0], True),
        ({"FrameDuration": [60.0] * 4}, [30.0, 130.0, 230.0], False),
        ({"FrameDuration": [150.0] * 4}, [50.0, 150.0, 250.0], True),
    ],
)
def test_a_duration_counts_where_it_fits_the_distance_of_the_phases(fields, middles, warned):
    found = bids_timing([{"FrameTimesStart": [0.0, 200.0, 300.0, 400.0], **fields}], 4)
    assert found.times_s[1:] == pytest.approx(middles)
    assert ("nifti.duration", "warning") in [(i.code, i.level) for i in found.issues] if warned else True
    assert any(i.level == "warning" for i in found.issues) is warned
