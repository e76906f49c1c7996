"""kinephen: kinetic phenotypes of tumours in dynamic contrast MRI.

What most programs need stands here by name; each is loaded when it is first used, so that the import itself
takes no time.
"""

from __future__ import annotations

from importlib import import_module

__version__ = "0.1.0.dev0"

_HOMES = {
    "core.volume": ("Geometry", "Mask"),
    "errors": ("KinephenError",),
    "io.exam": ("read_exam",),
    "io.segmentation": ("read_mask",),
    "io.tables": ("read_clinical",),
    "io.geo": ("read_expression",),
    "io.signatures": ("load_signature",),
    "imaging.ftv": ("functional_tumour_volume",),
    "imaging.lesion": ("primary_lesion",),
    "imaging.bias": ("correct_bias_field",),
    "imaging.kinetics": ("kinetic_maps",),
    "radiomics": ("MaskContext", "extract"),
    "molecular.score": ("score_cohort",),
    "phenotype.delta": ("delta_features",),
    "phenotype.fit": ("fit_phenotypes",),
    "phenotype.model": ("PhenotypeModel",),
    "survival.kaplan_meier": ("kaplan_meier_by_group",),
    "survival.logrank": ("logrank",),
    "survival.cox": ("cox_fit",),
    "survival.validation": ("cox_ladder",),
    "config.load": ("load_study",),
    "study.run": ("run_study",),
    "report.folder": ("write_report",),
    "model.load": ("load_fitted",),
    "model.apply": ("apply_model",),
}
_PLACE = {name: f"kinephen.{home}" for home, names in _HOMES.items() for name in names}

__all__ = ["__version__", *_PLACE]


def __getattr__(name: str) -> object:
    if name not in _PLACE:
        raise AttributeError(f"module 'kinephen' has no attribute {name!r}")
    found: object = getattr(import_module(_PLACE[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_PLACE})
