"""Choices that more than one room names: the settings offer them, the science takes them, records keep them.

Nothing is imported here, so that the settings stay quick to load.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

PresetName: TypeAlias = Literal["chitalia2023", "recommended", "quick"]

Connectivity: TypeAlias = Literal[6, 18, 26]
"""Neighbours of a voxel that touch it: by faces, edges or corners."""
LesionRule: TypeAlias = Literal["largest", "pieces"]
BiasMethod: TypeAlias = Literal["none", "n3", "n4"]
BiasScope: TypeAlias = Literal["shared", "per_frame"]
BiasMask: TypeAlias = Literal["breast", "otsu"]
MotionCorrection: TypeAlias = Literal["none", "shift", "rigid"]
MapVariant: TypeAlias = Literal["paper", "lab"]
PeUnit: TypeAlias = Literal["fraction", "percent"]
RadiomicsMode: TypeAlias = Literal["ibsi", "captk"]
Mesh: TypeAlias = Literal["separated", "lewiner"]

DeltaForm: TypeAlias = Literal["literal", "signed", "symmetric", "log_ratio", "difference"]
"""How the change of a feature is measured (see `kinephen.phenotype.delta`)."""
Sign: TypeAlias = Literal[-1, 0, 1]
"""Of a feature: 1 (-1) where a higher (lower) value means a more heterogeneous lesion, 0 for neither."""
TwoDimensionalReading: TypeAlias = Literal["A", "B"]
"""Whether the features that the toolkit documents as two-dimensional are kept (A) or dropped (B)."""
FeatureOrigin: TypeAlias = Literal["delta", "visit"]
"""What the features of a phenotype model are."""
SkewnessType: TypeAlias = Literal[1, 2, 3]
MaskOnlyCopies: TypeAlias = Literal["keep", "one"]
Gaps: TypeAlias = Literal["least", "features"]
Linkage: TypeAlias = Literal["average", "complete", "single", "ward"]
KRule: TypeAlias = Literal["null_pac", "combined", "last_gain", "first_below", "first_below_shifted"]
SignRule: TypeAlias = Literal["sum_of_loadings", "largest_loading"]
OrderRule: TypeAlias = Literal["signed_features", "component_mean"]
NullCovariance: TypeAlias = Literal["sample", "soft", "hard"]
CovarianceChoice: TypeAlias = Literal["sample", "soft", "hard", "auto"]
SplitLabels: TypeAlias = Literal["two_means", "given"]

FirthChoice: TypeAlias = Literal["auto", "never"]
Ties: TypeAlias = Literal["efron", "breslow"]
SignatureCentring: TypeAlias = Literal["none", "cohort-median", "platform-median", "balanced", "auto"]
RorVariant: TypeAlias = Literal["parker-code", "published"]
SignatureForm: TypeAlias = Literal["continuous", "class"]
Cohort: TypeAlias = Literal["discovery", "validation"]
