"""Records of exams for tests: whole and consistent, with the fields that a test wants changed."""

from __future__ import annotations

from kinephen.model.schema import Exams
from kinephen.records.features import BiasRecord, Features, MapSummary
from kinephen.records.lesion import Lesion, Thresholds, VoxelsAfterStep
from kinephen.study.cases import CaseResults

MAPS = ("PE", "SER", "WIS", "WOS")
UNITS = {"PE": "1", "SER": "1", "WIS": "1/min", "WOS": "1/min"}
SEEN = Exams(
    exams=10,
    manufacturers=("GE", "SIEMENS"),
    scanner_models=("avanto",),
    field_strengths_t=(1.5, 3.0),
    matrices=((256, 240),),
    phases=(3,),
    voxel_mm=((2.0, 3.0), (0.6, 0.8), (0.5, 0.7)),
    early_s=(140.0, 160.0),
    late_s=(440.0, 460.0),
    timing_rules=("private header",),
    lesion_sources=("file",),
    review_states=("confirmed",),
    repetition_ms=(7.5, 9.0),
    echo_ms=(3.2, 4.0),
    flip_degrees=(20.0, 30.0),
    acquisition_types=("3D",),
    fat_suppression=("fat suppressed",),
)
"""Exams of which a model was learned."""
SILENT = Exams(
    exams=4,
    manufacturers=(),
    scanner_models=(),
    field_strengths_t=(),
    matrices=(),
    phases=(),
    voxel_mm=None,
    early_s=None,
    late_s=None,
    timing_rules=(),
    lesion_sources=(),
    review_states=(),
)
"""Exams that state nothing."""


def thresholds(**changes):
    """Return thresholds; all values differ."""
    values = {
        "tissue_threshold": 120.0,
        "background_percent": 60.0,
        "pe_threshold": 70.0,
        "min_neighbours": 4,
        "ser_min": 0.9,
        "omitted_as_zero": False,
        "tissue_source": "60 % of the 95th percentile in the box",
        "sources": {"pe_threshold_percent": "header"},
    }
    return Thresholds(**(values | changes))


def lesion(*, pe_voxels=200, ser_voxels=None, voxels=180, voxel_mm3=2.0, **changes):
    """Return a lesion record whose numbers of voxels, cm3 and steps agree; sizes along the axes differ."""
    ser_voxels = pe_voxels - 10 if ser_voxels is None else ser_voxels
    values = {
        "ftv_pe_voxels": pe_voxels,
        "ftv_pe_cc": pe_voxels * voxel_mm3 / 1000.0,
        "ftv_ser_voxels": ser_voxels,
        "ftv_ser_cc": ser_voxels * voxel_mm3 / 1000.0,
        "voxels_after_step": VoxelsAfterStep(
            box=pe_voxels + 400,
            tissue=pe_voxels + 300,
            enhancing=pe_voxels + 200,
            positive_ser=pe_voxels + 100,
            neighbours=pe_voxels,
            ser=ser_voxels,
        ),
        "voxel_volume_mm3": voxel_mm3,
        "thresholds": thresholds(),
        "region": "exam",
        "phase_times_s": (-60.0, 150.0, 450.0),
        "timing_rule": "private header",
        "phase_rule": "one series a phase",
        "early": 1,
        "late": 2,
        "shape": (60, 256, 240),
        "spacing_mm": (2.2, 0.8, 0.75),
        "lesion_voxels": voxels,
        "lesion_cc": voxels * voxel_mm3 / 1000.0,
        "lesion_source": "file",
        "components": 3,
        "largest_share": 0.75,
    }
    values |= changes
    times = values["phase_times_s"]
    return Lesion(**({"phases": 3 if times is None else len(times)} | values))


def features(*, shift=0.0, voxels=100, **changes):
    """Return a feature record of two features a map, all values different."""
    values = {
        "features": {
            name: {"Intensity_Mean": 10.0 * i + shift, "GLCM_Contrast": 10.0 * i + 5.0 + shift}
            for i, name in enumerate(MAPS, start=1)
        },
        "units": UNITS,
        "undefined_voxels": {name: {} for name in MAPS},
        "peak_voxels": (60, 40),
        "map_summary": {
            name: MapSummary(n=voxels - i, mean=i + 0.5, median=i + 0.4, p05=i + 0.1, p95=i + 0.9)
            for i, name in enumerate(MAPS, start=1)
        },
        "voxels": voxels,
        "spacing_mm": (2.2, 0.8, 0.75),
        "bias": BiasRecord(method="none", asked="none", scope="shared", corrected=False),
    }
    return Features(**(values | changes))


def cases(lesions=None, features=None, tiles=None, failures=None, preset="quick"):
    """Return what the case steps of a run give; each argument is by case and visit."""
    return CaseResults(
        lesions=lesions or {}, features={preset: features or {}}, tiles=tiles or {}, failures=failures or {}
    )
