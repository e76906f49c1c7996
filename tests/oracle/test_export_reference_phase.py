"""SEG of an exam with two phases before contrast refers to the early phase that was measured."""

from __future__ import annotations

import pydicom

from kinephen.report.exports.exam_forms import Forms, write_forms
from kinephen.report.exports.exam_names import Names
from kinephen.study.one_exam import Request, measure


def test_the_early_phase_after_the_injection_was_placed_is_referred_to(reference, tmp_path):
    folder = reference("cases/imaging/65_two_pre_150s_apart")
    clocks = {}
    for path in folder.iterdir():
        image = pydicom.dcmread(path, stop_before_pixels=True)
        clocks[image.SOPInstanceUID] = float(image.AcquisitionTime)
    request = Request(exam=folder)
    result = measure(request)
    assert result.record.plausibility.phase_as_read(result.record.early) == 2
    written = write_forms(result, Names(tmp_path, "case", ""), Forms.chosen(seg=True), request)
    (name,) = [f for files in written.files.values() for f in files if f.endswith("seg.dcm")]
    series = pydicom.dcmread(tmp_path / name).ReferencedSeriesSequence
    referred = {clocks[i.ReferencedSOPInstanceUID] for s in series for i in s.ReferencedInstanceSequence}
    assert referred == {sorted(set(clocks.values()))[2]}
