"""The quality page: what stands in it, what it must not hold, and that it can be trusted with any text."""

from __future__ import annotations

import base64
import io
import re
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image
from tests.export_exams import exam_with_lesion
from tests.report_page import read_page

from kinephen.records.plausibility import Finding
from kinephen.report.exam_page import exam_page
from kinephen.report.exam_page_facts import SER_COLOURS
from kinephen.report.exam_page_images import BACKGROUND, make_montage, outline, shown_slices
from kinephen.report.exam_page_plots import draw_curves, draw_histograms
from kinephen.report.exam_page_rows import decision_rows, quality_rows, step_rows
from kinephen.report.exports.exam_forms import exam_facts
from kinephen.report.exports.exam_names import Names
from kinephen.study import one_exam
from kinephen.study.one_exam import Request, exam_settings, measure


def facts_of(root, **changes):
    exam_with_lesion(root, **changes)
    # Where nothing enhances there is no arrival of contrast to be seen.
    request = Request(exam=root, settings=exam_settings(accept=("roles.no_arrival", "roles.identical")))
    return exam_facts(measure(request), Names(root / "out", "W01", "T1"))


@pytest.fixture(scope="module")
def facts(tmp_path_factory):
    return facts_of(tmp_path_factory.mktemp("exam"))


@pytest.fixture(scope="module")
def text(facts):
    return exam_page(facts)


def shown(text):
    return " ".join(" ".join(read_page(text).text).split())


def test_the_page_tells_what_each_rule_decided(text, facts):
    words = shown(text)
    assert facts.record.phase_rule in words
    assert facts.record.timing_rule in words
    assert "70 % private header (SER)" in words
    assert "box of the exam private header" in words
    assert "largest component of the FTV" in words
    assert "Components of the FTV 2" in words
    assert "No bias field was estimated" in words
    for count in facts.record.voxels_after_step.model_dump().values():
        assert re.search(rf"\b{count}\b", words)


def test_every_note_is_on_the_page(facts):
    issues = tuple(Finding(code=f"x.{n}", message=f"message {n}") for n in range(12))
    words = shown(exam_page(replace(facts, record=facts.record.model_copy(update={"issues": issues}))))
    assert all(f"message {n} x.{n}" in words for n in range(12))


def test_the_page_asks_nobody_for_anything(text):
    page = read_page(text)
    for tag, attributes in page.tags:
        assert tag != "script"
        for name in ("src", "href", "action", "data", "poster", "srcset"):
            value = attributes.get(name) or "#"
            assert value.startswith(("#", "data:")), (tag, value[:60])
        assert not any(name.startswith("on") for name in attributes)
    assert "default-src 'none'" in text
    assert "http" not in text.replace("http-equiv", "").replace("http://www.w3.org", "")
    assert "@import" not in text
    assert "url(" not in re.sub(r"url\(#[^)]*\)", "", text)


def test_ids_are_unique_and_outlines_are_there(text):
    page = read_page(text)
    assert len(set(page.ids)) == len(page.ids)
    used = [a["href"][1:] for tag, a in page.tags if tag == "use"]
    assert used
    assert set(used) <= set(page.ids)


def test_hostile_text_stays_text(facts):
    bad = "<script>alert(1)</script>\"'&"
    issues = (Finding(code=bad, message=bad, where=bad),)
    changes = {"phase_rule": bad, "lesion_source": bad, "issues": issues}
    record = facts.record.model_copy(update=changes)
    text = exam_page(replace(facts, label=bad, record=record, sources={"boxes": bad, "early_late": bad}))
    assert not [tag for tag, _ in read_page(text).tags if tag == "script"]
    assert bad in shown(text)


def test_the_same_exam_gives_the_same_page(facts, text):
    assert exam_page(facts) == text


def test_an_empty_volume_has_a_page(tmp_path):
    facts = facts_of(tmp_path, enhancing=False)
    words = shown(exam_page(facts))
    assert "The FTV is empty" in words
    assert "the functional tumour volume is 0 cm3" in words
    assert draw_curves(facts) is None
    assert draw_histograms(facts) is None


def test_curves_end_at_the_classes_medians(facts):
    # The lesion washes out: (260 - base) / (210 - base); the satellite goes on rising.
    figure = draw_curves(facts)
    lines = {line.get_label(): line for line in figure.axes[0].get_lines() if "SER" in line.get_label()}
    assert list(lines) == ["SER 0 to 0.9: 18 %", "SER 1.3 to 1.75: 82 %"]
    base = 100.0 + np.arange(9)
    late = np.median(np.repeat(100 * (210 - base[3:7]) / base[3:7], 9))
    drawn = lines["SER 1.3 to 1.75: 82 %"]
    assert drawn.get_ydata()[-1] == pytest.approx(late)
    assert drawn.get_xdata() == pytest.approx([-230 / 60, 0.0, 177 / 60, 531 / 60])
    assert drawn.get_ydata()[:2] == pytest.approx([0.0, 0.0])


def test_histograms_count_every_voxel(facts):
    for axes in draw_histograms(facts).axes:
        heights = [bar.get_height() for bar in axes.patches]
        name = {"Peak enhancement": "PE", "Enhancement ratio": "SER"}.get(axes.get_title())
        if name:
            assert sum(heights) == np.isfinite(facts.maps[name][facts.lesion]).sum() == 36


def picture(tile):
    data = base64.b64decode(tile.uri.removeprefix("data:image/png;base64,"))
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def test_each_class_of_the_ratio_has_its_colour(facts):
    channel = next(c for c in make_montage(facts).channels if c.title == "Enhancement ratio")
    uppers = [c.upper for c in facts.record.ser_classes]
    assert uppers == sorted(uppers)
    assert (channel.low, channel.high) == ("0", f"{uppers[-1]:g}")
    values = np.array([[*uppers, uppers[-1] * 1.01, 0.0, np.nan]])
    seen = channel.paint(values)[0]
    shades = [tuple(int(c[i : i + 2], 16) for i in (1, 3, 5)) for c in SER_COLOURS]
    assert [tuple(c) for c in seen[: len(uppers)].tolist()] == shades
    assert seen[len(uppers)].tolist() == [255, 255, 255]
    assert np.array_equal(seen[-2:], np.broadcast_to(BACKGROUND, (2, 3)))
    assert [c for c in SER_COLOURS if c in channel.gradient] == list(SER_COLOURS)


def test_tiles_show_the_slice_that_they_name(facts):
    montage = make_montage(facts)
    names = [c.title for c in montage.channels]
    assert names[:4] == ["Before contrast", "Early", "Late", "Early minus before"]
    assert len(names) == 8
    for row in montage.rows:
        early = picture(row.tiles[1])
        assert early.shape[:2] == (row.rows, row.columns)
        # The window runs from 100 to 260, and the whole image lies in the picture of so small an exam.
        bright = early[..., 0] > 160
        expected = facts.frames[1][row.number - 1] > 200
        assert np.array_equal(bright, expected)
        ratio = picture(row.tiles[names.index("Enhancement ratio")])
        known = np.isfinite(facts.maps["SER"][row.number - 1])
        assert np.array_equal((ratio == BACKGROUND).all(axis=-1), ~known)


def test_slices_spread_over_the_lesion_and_hold_its_largest():
    lesion = np.zeros((40, 8, 9), dtype=bool)
    lesion[5:30, 2:4, 2:4] = True
    lesion[11, 1:7, 1:7] = True
    chosen = shown_slices(lesion, lesion)
    assert 11 in chosen
    assert all(lesion[k].any() for k in chosen)
    assert chosen == sorted(set(chosen))
    assert chosen[0] <= 8
    assert chosen[-1] >= 27
    lesion[:] = False
    lesion[7, 3, 3] = True
    assert shown_slices(lesion, lesion) == [7]


def covered(path, shape):
    """Return the pixels inside an outline by the even-odd rule along each row."""
    crossings = np.zeros((shape[0], shape[1] + 1), dtype=int)
    for column, low, high in re.findall(r"M(\d+) (\d+)V(\d+)", path):
        crossings[int(low) : int(high), int(column)] += 1
    return (np.cumsum(crossings, axis=1)[:, :-1] % 2).astype(bool)


@pytest.mark.parametrize("seed", range(5))
def test_an_outline_encloses_its_mask(seed):
    mask = np.random.default_rng(seed).random((7, 9)) < 0.5
    path = outline(mask)
    assert np.array_equal(covered(path, mask.shape), mask)
    flipped = re.sub(r"M(\d+) (\d+)H(\d+)", r"M\2 \1V\3", re.sub(r"M\d+ \d+V\d+", "", path))
    assert np.array_equal(covered(flipped, mask.T.shape), mask.T)


def test_an_empty_mask_has_no_outline():
    assert outline(np.zeros((4, 5), dtype=bool)) == ""


def test_classes_are_drawn_from_the_frames_that_were_measured(tmp_path, monkeypatch):
    """With registered frames the curves are of these, as the volume is."""
    exam_with_lesion(tmp_path)
    first = measure(Request(exam=tmp_path))
    moved = np.roll(first.exam.series.frames, 1, axis=3)

    def registered(checked, settings):
        assert settings.correct == "rigid"
        series = replace(checked.exam.series, frames=moved)
        return replace(checked, exam=replace(checked.exam, series=series))

    monkeypatch.setattr(one_exam, "aligned", registered)
    found = measure(Request(exam=tmp_path, settings=exam_settings(motion="rigid")))
    curves = moved[:, found.ftv.by_pe].astype(float)
    enhancement = 100 * (curves - curves[0]) / curves[0]
    parts = [c for c in found.record.ser_classes if c.voxels]
    assert sum(c.voxels for c in parts) + found.record.ser_above_classes == found.ftv.pe_voxels
    for part in parts:
        own = enhancement[:, (found.ftv.ser > part.lower) & (found.ftv.ser <= part.upper)]
        assert own.shape[1] == part.voxels
        assert [q.middle for q in part.enhancement] == pytest.approx(np.median(own, axis=1))
    figure = draw_curves(exam_facts(found, Names(tmp_path / "out", "W01", "T1")))
    assert figure is not None
    drawn = [line for line in figure.axes[0].lines if line.get_marker() == "o"]
    assert [max(line.get_ydata()) for line in drawn] == pytest.approx(
        [max(q.middle for q in part.enhancement) for part in parts]
    )


def test_every_decision_stands_beside_its_name(facts):
    record, limits = facts.record, facts.record.thresholds
    rows = decision_rows(facts)
    assert [name for name, _, _ in rows] == [
        *("Phases", "Times after injection", "Early and late phase", "Region", "Enhancement threshold"),
        *("Tissue threshold", "Neighbours of 26", "Lower limit of the ratio", "Lesion"),
        *("Formulas of the maps", "Bias field", "Motion"),
    ]
    found = {name: (value, remark) for name, value, remark in rows}
    assert found["Phases"] == (str(len(facts.times_s)), record.phase_rule)
    assert found["Early and late phase"][0] == f"{facts.early} and {facts.late}"
    assert facts.early < facts.late
    assert found["Enhancement threshold"] == ("70 %", limits.sources["pe_threshold_percent"])
    assert float(found["Tissue threshold"][0]) == pytest.approx(limits.tissue_threshold, rel=1e-3)
    assert found["Neighbours of 26"] == (
        str(limits.min_neighbours),
        limits.sources["minimum_neighbours"],
    )
    assert found["Lesion"][0].startswith(f"{record.lesion_voxels} voxel")
    assert found["Motion"] == ("not corrected", "")


def test_every_measure_of_quality_stands_beside_its_name(facts):
    quality = facts.record.quality
    found = {name: value for name, value, _ in quality_rows(facts)}
    assert found["Components of the FTV"] == str(facts.record.components)
    assert found["Share of the largest"] == f"{100 * facts.record.largest_share:.1f} %"
    assert found["Lesion voxels on the faces of the box"] == str(quality.lesion_on_faces)
    assert found["Box touches the image border"] == ("yes" if quality.box_touches_border else "no")
    assert found["Distinct signals before contrast"] == str(quality.signal_levels)
    assert found["Voxel"] == " x ".join(f"{s:.4g}" for s in facts.geometry.spacing) + " mm"
    assert found["Matrix"] == " x ".join(map(str, facts.geometry.shape))


def test_each_step_of_the_volume_has_its_count_and_its_share_of_the_step_before(facts):
    counts = facts.record.voxels_after_step
    rows = step_rows(facts)
    values = list(counts.model_dump().values())
    assert [n for _, n, _ in rows] == values[-len(rows) :]
    for (_, before, _), (_, n, share) in pairwise(rows):
        assert share == pytest.approx(n / before)
