"""Every imaging number of one real exam: stated by its own headers, or recomputed independently.

The exam is read here with pydicom alone, so that these numbers do not depend on the project's reader.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pydicom
import pytest

from kinephen.imaging.bias import N3Settings, correct_bias_field
from kinephen.imaging.ftv import FtvRule, count_neighbours, functional_tumour_volume, primary_lesion
from kinephen.imaging.kinetics import MapRule, kinetic_maps
from kinephen.imaging.lesion import lesion_issues, voxels_on_faces
from kinephen.radiomics.region import Region
from kinephen.radiomics.shape.mesh import mesh_volume_area

EXAM = "data/nact_pilot/UCSF-BR-06"
VOXEL_MM3 = 0.703125**2 * 2.0
SPACING = (2.0, 0.703125, 0.703125)
CLASSICAL = N3Settings(stiff_start=0.0)
"""The reference values of bias correction are of N3 without its first, stiff round."""
TIMES_MIN = (-230 / 60, 177 / 60, 531 / 60)


@dataclass(frozen=True)
class Exam:
    frames: np.ndarray
    pe1: np.ndarray
    ser: np.ndarray
    voi: np.ndarray

    def ftv(self, *, voi=None, **rule):
        region = self.voi if voi is None else voi
        return functional_tumour_volume(
            *self.frames, voxel_volume_mm3=VOXEL_MM3, voi=region, rule=FtvRule(**rule)
        )


def stack(folder):
    """Slices in acquisition order (x falls), phases by content time, rescaled."""
    sets = [pydicom.dcmread(f) for f in sorted(folder.glob("*.dcm"))]
    sets.sort(key=lambda d: (str(d.get("ContentTime", "")), -float(d.ImagePositionPatient[0])))
    return np.stack([d.pixel_array * float(d.get("RescaleSlope", 1)) for d in sets])


def map_stack(folder):
    sets = [pydicom.dcmread(f) for f in sorted(folder.glob("*.dcm"))]
    sets.sort(key=lambda d: -float(d.ImagePositionPatient[0]))
    return np.stack([d.pixel_array * float(d.get("RescaleSlope", 1)) for d in sets])


@pytest.fixture(scope="module")
def exam(reference):
    root = reference(EXAM)
    frames = stack(root / "image_dce_3dfgre_orig").reshape(3, 60, 256, 256).astype(np.float32)
    voi = np.zeros(frames.shape[1:], dtype=bool)
    voi[9:51, 72:196, 40:148] = True
    return Exam(frames, map_stack(root / "image_dce_pe1"), map_stack(root / "image_dce_ser"), voi)


@pytest.fixture(scope="module")
def lesion(exam):
    return primary_lesion(exam.ftv().by_pe).mask


def test_volumes_equal_the_header(exam):
    result = exam.ftv()
    assert (result.pe_voxels, result.ser_voxels) == (41_105, 30_513)
    assert result.pe_cc == pytest.approx(40.643371582, abs=1e-9)
    assert result.ser_cc == pytest.approx(30.170324707, abs=1e-9)
    assert result.issues == ()
    assert np.count_nonzero(result.by_pe) == 41_105
    assert np.count_nonzero(result.by_ser) == 30_513
    assert not (result.by_ser & ~result.by_pe).any()


def test_voxels_after_each_step(exam):
    result = exam.ftv()
    assert result.tissue_threshold == pytest.approx(34.2, abs=1e-9)
    assert result.voxels == {
        "box": 562_464,
        "tissue": 82_527,
        "enhancing": 41_759,
        "positive_ser": 41_758,
        "neighbours": 41_105,
        "ser": 30_513,
    }


def test_recorded_threshold_selects_the_same_voxels(exam):
    np.testing.assert_array_equal(exam.ftv(tissue_threshold=35.0).by_pe, exam.ftv().by_pe)


def test_classes_of_ser(exam):
    result = exam.ftv()
    assert [c.voxels for c in result.ser_classes] == [10_649, 4_309, 14_433, 10_742, 956]
    assert result.above_classes == 16
    assert sum(c.percent for c in result.ser_classes) == pytest.approx(100.0)


def test_support_of_the_exams_own_ser_map(exam):
    whole = np.ones_like(exam.voi)
    support = exam.ftv(voi=whole, tissue_threshold=35.0).by_pe
    assert np.count_nonzero(support) == 41_596
    np.testing.assert_array_equal(support, exam.ser > 0)


@pytest.mark.parametrize(
    ("rule", "voxels"),
    [
        ({"pe_threshold": float(np.nextafter(np.float32(70), np.float32(71)))}, 41_060),
        ({"min_neighbours": 0}, 41_758),
        ({"min_neighbours": 3}, 41_327),
        ({"min_neighbours": 5}, 40_804),
        ({"min_neighbours": 6}, 40_454),
        ({"tissue_threshold": 30.0}, 45_445),
        ({"tissue_threshold": 40.0}, 36_906),
    ],
)
def test_how_the_count_depends_on_a_threshold(exam, rule, voxels):
    assert exam.ftv(**rule).pe_voxels == voxels


def test_how_the_count_depends_on_the_order_of_steps(exam):
    s0, s1, s2 = exam.frames
    enhancing = (s0 >= 35) & (100 * (s1 - s0) >= 70 * s0)
    company = enhancing & (count_neighbours(enhancing) >= 4) & exam.voi
    assert np.count_nonzero(company & (s2 > s0)) == 41_107
    assert np.count_nonzero(company) == 41_108
    inside = np.where(exam.voi, exam.frames, 0)
    boxed = functional_tumour_volume(*inside, voxel_volume_mm3=VOXEL_MM3, voi=exam.voi)
    assert boxed.pe_voxels == 41_095


@pytest.mark.parametrize(
    ("connectivity", "components", "sizes"),
    [(26, 51, (39_594, 661, 145, 75)), (18, 57, (39_545,)), (6, 145, (39_325,))],
)
def test_components(exam, connectivity, components, sizes):
    found = primary_lesion(exam.ftv().by_pe, connectivity=connectivity)
    assert found.components == components
    assert found.sizes[: len(sizes)] == sizes
    assert np.count_nonzero(found.mask) == sizes[0]


def test_lesion_touches_the_box_in_one_voxel(exam, lesion):
    assert voxels_on_faces(lesion, exam.voi) == 1
    found = primary_lesion(exam.ftv().by_pe)
    (issue,) = lesion_issues(found.mask, found, voi=exam.voi, voxel_volume_mm3=VOXEL_MM3)
    assert issue.code == "lesion.on_faces"
    assert "1 voxel" in issue.message


def test_early_enhancement_equals_the_exams_map(exam):
    shown = exam.pe1 > 0
    # Frames 0 and 1 with a second post far below: the peak is the early frame in every voxel.
    frames = np.stack([exam.frames[0], exam.frames[1], np.zeros_like(exam.frames[0])])
    maps = kinetic_maps(frames, TIMES_MIN, mask=shown, rule=MapRule(pe_unit="percent"))
    pe = maps.arrays["PE"][shown]
    assert np.count_nonzero(shown) == 151_027
    # Rounding of (S1 - S0) / S0 must not push whole percents below themselves before the floor.
    np.testing.assert_array_equal(np.floor(pe + 1e-9), exam.pe1[shown])


def test_ser_equals_the_exams_map(exam):
    shown = exam.ser > 0
    ser = kinetic_maps(exam.frames, TIMES_MIN, mask=shown).arrays["SER"][shown]
    assert np.abs(np.minimum(ser, 3.0) - exam.ser[shown]).max() <= 0.0005 + 1e-9


def test_paper_maps(exam, lesion):
    rule = MapRule(zero_otherwise=True, normalise_wos=False)
    maps = kinetic_maps(exam.frames, TIMES_MIN, mask=lesion, rule=rule)
    pe, ser, wis, wos = (maps.arrays[name][lesion] for name in ("PE", "SER", "WIS", "WOS"))
    assert maps.peak_voxels == (25_919, 13_675)
    assert (pe.mean(), np.median(pe)) == pytest.approx((1.247236, 1.215385), abs=1e-6)
    found = (ser.mean(), np.median(ser), ser.min(), ser.max())
    assert found == pytest.approx((1.122090, 1.129032, 0.298969, 12.3333), abs=1e-4)
    assert ser.mean() == pytest.approx(1.122090, abs=1e-6)
    assert np.count_nonzero(ser > 3) == 11
    assert (wis.mean(), np.median(wis)) == pytest.approx((0.316077, 0.348668), abs=1e-6)
    assert wos.mean() == pytest.approx(-1.544096, abs=1e-6)
    assert np.count_nonzero(wos) == 25_222
    assert maps.issues == ()


def test_lab_maps(exam, lesion):
    maps = kinetic_maps(exam.frames, TIMES_MIN, mask=lesion, rule=MapRule(variant="lab", zero_otherwise=True))
    wis, wos = (maps.arrays[name][lesion] for name in ("WIS", "WOS"))
    assert (wis.mean(), np.median(wis)) == pytest.approx((0.344073, 0.350474), abs=1e-6)
    assert wos.mean() == pytest.approx(0.027527, abs=1e-6)
    assert np.count_nonzero(wos) == 25_222


def test_without_zeros_the_wash_out_of_rising_voxels_is_undefined(exam, lesion):
    maps = kinetic_maps(exam.frames, TIMES_MIN, mask=lesion)
    assert maps.undefined["WOS"] == {"peak_at_last": 13_675}
    assert np.count_nonzero(np.isnan(maps.arrays["WOS"][lesion])) == 13_675


def test_n3_settles_as_measured(exam):
    result = correct_bias_field(
        exam.frames, SPACING, method="n3", scope="per_frame", settings=CLASSICAL, checks=("rerun",)
    )
    assert result.corrected
    assert [r.iterations for r in result.records] == [10, 12, 14]
    for record in result.records:
        assert 0.019 <= record.field_variation <= 0.022
        assert 0.0033 <= record.rerun <= 0.0062
        assert record.field_min > 0.89
        assert record.field_max < 1.06
    volume = functional_tumour_volume(*result.frames, voxel_volume_mm3=VOXEL_MM3, voi=exam.voi)
    assert volume.pe_cc == pytest.approx(40.162, abs=0.0005)


@pytest.mark.parametrize(
    ("scope", "enhancement", "ratio"), [("shared", 113.70, 1.122), ("per_frame", 110.89, 1.169)]
)
def test_fields_of_single_frames_change_enhancement_and_ratio(exam, lesion, scope, enhancement, ratio):
    frames = correct_bias_field(
        exam.frames, SPACING, method="n3", scope=scope, settings=CLASSICAL, checks=("rerun",)
    ).frames
    pre, early, late = (f[lesion].astype(float) for f in frames)
    assert 100 * np.mean((early - pre) / pre) == pytest.approx(enhancement, abs=0.006)
    ser = np.clip((early - pre) / (late - pre), 0, 3)
    assert ser.mean() == pytest.approx(ratio, abs=0.0006)


def test_a_stiff_start_changes_little_here(exam):
    fields = [
        correct_bias_field(
            exam.frames[:1], SPACING, method="n3", settings=settings, checks=("rerun",)
        ).fields[0]
        for settings in (CLASSICAL, N3Settings())
    ]
    ratio = fields[1][exam.voi] / fields[0][exam.voi]
    assert ratio.std() / ratio.mean() < 0.006


def test_shared_field_leaves_the_ratios(exam, lesion):
    result = correct_bias_field(exam.frames, SPACING, method="n3", scope="shared")
    before, after = (kinetic_maps(f, TIMES_MIN, mask=lesion).arrays for f in (exam.frames, result.frames))
    for name in ("PE", "SER", "WIS"):
        np.testing.assert_allclose(after[name][lesion], before[name][lesion], rtol=1e-5)
    volume = functional_tumour_volume(*result.frames, voxel_volume_mm3=VOXEL_MM3, voi=exam.voi)
    # Only the tissue threshold can move the volume: three voxels against the reference computation.
    assert volume.pe_cc == pytest.approx(40.668, abs=0.0035)


@pytest.mark.parametrize(
    ("threshold", "volumes", "surfaces"),
    [
        (70.0, (39982.56, 40280.29), (27518.76, 28129.93)),
        (100.0, (28119.342, 28712.755), (31089.560, 32191.892)),
        (200.0, (136.807, 146.544), (459.159, 489.622)),
    ],
)
def test_volume_and_surface_of_a_mask_in_pieces(exam, threshold, volumes, surfaces):
    """The numbers of docs/reference/protocol.md; the second of each pair is also that of scikit-image."""
    region = Region.of(exam.ftv(pe_threshold=threshold).by_pe)
    found = [mesh_volume_area(region, SPACING, mesh) for mesh in ("separated", "lewiner")]
    assert found == [pytest.approx(pair, abs=0.005) for pair in zip(volumes, surfaces, strict=True)]
