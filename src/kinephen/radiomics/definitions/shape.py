"""Volume and shape of the mask (21)."""

from __future__ import annotations

from kinephen.core.options import RadiomicsMode
from kinephen.radiomics.feature import WHY, Feature

LARGEST = "largest component by faces"
SCALED = f"{LARGEST}; 2 r_eq sqrt(lambda) / (lambda_0 lambda_1 lambda_2)^(1/6)"
_Row = tuple[str, str, str, str, str, str, str, str]
_ROWS: tuple[_Row, ...] = (
    # family, name, IBSI code, IBSI name, unit, sign reason, formula, captk
    ("Volumetric", "Pixels", "", "", "voxel", "size", "number of voxels", ""),
    ("Volumetric", "Volume", "YEKZ", "Volume (voxel counting)", "mm^3", "size", "Pixels * voxel volume", ""),
    ("Morphologic", "LargestComponentSize", "", "", "voxel", "size",
     "voxels of the largest component by faces",
     ""),
    ("Morphologic", "Eccentricity", "", "", "1", "drawn out", "sqrt(1 - d0 d1 / d2^2)", LARGEST),
    ("Morphologic", "EllipseDiameter_Axis-0", "7J51", "Least axis length", "mm", "size",
     "4 sqrt(lambda_least)",
     SCALED),
    ("Morphologic", "EllipseDiameter_Axis-1", "P9VJ", "Minor axis length", "mm", "size",
     "4 sqrt(lambda_minor)",
     SCALED),
    ("Morphologic", "EllipseDiameter_Axis-2", "TDIC", "Major axis length", "mm", "size",
     "4 sqrt(lambda_major)",
     SCALED),
    *(("Morphologic", f"OrientedBoundingBoxSize_Axis-{i}", "", "", "mm", "constant",
       "extent of the voxels along the principal axis, least first", "never computed: always 0")
      for i in range(3)),
    ("Morphologic", "PerimeterOnBorder", "", "", "mm^2", "constant",
     "area of faces on the border of the image",
     LARGEST),
    ("Morphologic", "Perimeter", "C0JK", "Surface area (mesh)", "mm^2", "irregular", "area of the mesh",
     f"{LARGEST}; Crofton count over 13 directions with weights for cubic voxels"),
    ("Morphologic", "PixelsOnBorder", "", "", "voxel", "constant", "voxels on the border of the image",
     LARGEST),
    ("Morphologic", "PhysicalSize", "YEKZ", "Volume (voxel counting)", "mm^3", "size",
     "voxels * voxel volume",
     LARGEST),
    ("Morphologic", "NumberOfPixels", "", "", "voxel", "size", "number of voxels", LARGEST),
    ("Morphologic", "EquivalentSphericalRadius", "", "", "mm", "size", "r_eq = (3 V / 4 pi)^(1/3)", LARGEST),
    ("Morphologic", "EquivalentSphericalPerimeter", "", "", "mm^2", "size", "4 pi r_eq^2", LARGEST),
    ("Morphologic", "PerimeterOnBorderRatio", "", "", "1", "constant", "PerimeterOnBorder / Perimeter",
     LARGEST),
    ("Morphologic", "Roundness", "QCFX", "Sphericity", "1", "round", "(36 pi V^2)^(1/3) / area of the mesh",
     "EquivalentSphericalPerimeter / Perimeter"),
    ("Morphologic", "Flatness", "", "", "1", "drawn out",
     "sqrt(lambda_minor / lambda_least) >= 1 (IBSI elongation Q3CK / flatness N17B)",
     "0 if lambda_least is 0"),
    ("Morphologic", "Elongation", "Q3CK", "reciprocal of Elongation", "1", "drawn out",
     "sqrt(lambda_major / lambda_minor) >= 1, the reciprocal of IBSI's ratio", LARGEST),
)  # fmt: skip

_BORDER = ("PerimeterOnBorder", "PixelsOnBorder", "PerimeterOnBorderRatio")
_FLAT = (
    *_BORDER,
    "Perimeter",
    "Roundness",
    *(f"OrientedBoundingBoxSize_Axis-{i}" for i in range(3)),
)
_DUPLICATES = {
    "Volume": "Volumetric_Pixels",
    "LargestComponentSize": "Volumetric_Pixels",
    "PhysicalSize": "Volumetric_Volume",
    "NumberOfPixels": "Volumetric_Pixels",
    "EquivalentSphericalRadius": "Volumetric_Volume",
    "EquivalentSphericalPerimeter": "Volumetric_Volume",
}


def _feature(row: _Row) -> Feature:
    family, name, code, ibsi_name, unit, why, formula, quirk = row
    sign, reason = WHY[why]
    constant: tuple[RadiomicsMode, ...] = ("ibsi", "captk") if name in _BORDER else ()
    if name.startswith("OrientedBoundingBox"):
        constant, reason = ("captk",), "never computed in the published version"
    return Feature(
        family=family,
        name=name,
        ibsi_code=code,
        ibsi_name=ibsi_name,
        unit=unit,
        formula=formula,
        quirk=quirk,
        sign=sign,
        sign_reason="a larger surface, irregular or not" if name == "Perimeter" else reason,
        dimension="3-D mask",
        depends_on="mask",
        constant_in=constant,
        duplicate_of=_DUPLICATES.get(name, ""),
        two_dimensional=name in _FLAT,
        reference="IBSI reference manual 3.1" if code else "ITK label shape statistics",
    )


ROWS = tuple(_feature(row) for row in _ROWS)
