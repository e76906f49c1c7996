"""Texture matrices (33) and the local binary pattern (1)."""

from __future__ import annotations

from kinephen.radiomics.feature import WHY, Feature

PAIRS = "3-D, 13 directions, mean of the directions (or merged), distance 1"
RUNS = "3-D, 13 directions, mean of the directions (or merged)"
ZONES = "3-D, zones of 26-connected voxels"
TONES = "3-D, neighbours in a cube of radius 1"
GLCM_QUIRK = "10 bins over [min, max + 1]"
RUN_QUIRK = "256 bins; run length in mm in 256 bins up to the diagonal; runs may leave the mask"
ZONE_QUIRK = "20 bins; voxels equal to the maximum form zones of their own"
TONE_QUIRK = "20 bins; radius 4; voxels without neighbours count with s = level"
_Row = tuple[str, str, str, str, str, str]
_GLCM: tuple[_Row, ...] = (
    # name, IBSI code, IBSI name, unit, sign reason, formula
    ("Energy", "8ZQL", "Angular second moment", "1", "uniform", "sum p^2"),
    ("Entropy", "TU9B", "Joint entropy", "bit", "even", "-sum p log2 p"),
    ("Homogeneity", "WF0Z", "Inverse difference moment", "1", "uniform", "sum p / (1 + (i - j)^2)"),
    ("Contrast", "ACUI", "Contrast", "level^2", "fine", "sum (i - j)^2 p"),
    ("ClusterShade", "7NFM", "Cluster shade", "level^3", "asymmetry", "sum (i + j - 2 mu)^3 p"),
    ("ClusterProminence", "AE86", "Cluster prominence", "level^4", "spread", "sum (i + j - 2 mu)^4 p"),
)
_GLRLM: tuple[_Row, ...] = (
    ("LowGreyLevelRunEmphasis", "V3SW", "Low grey level run emphasis", "1", "level",
     "mean 1 / i^2 over runs"),
    ("HighGreyLevelRunEmphasis", "G3QZ", "High grey level run emphasis", "level^2", "level",
     "mean i^2 over runs"),
    ("ShortRunLowGreyLevelEmphasis", "HTZT", "Short run low grey level emphasis", "1", "level",
     "mean 1 / (i^2 j^2) over runs"),
    ("ShortRunHighGreyLevelEmphasis", "GD3A", "Short run high grey level emphasis", "level^2", "level",
     "mean i^2 / j^2 over runs"),
)  # fmt: skip
_GLSZM: tuple[_Row, ...] = (
    ("SmallZoneEmphasis", "5QRC", "Small zone emphasis", "1", "fine", "mean 1 / j^2 over zones"),
    ("LargeZoneEmphasis", "48P8", "Large zone emphasis", "voxel^2", "coarse", "mean j^2"),
    ("LowGreyLevelEmphasis", "XMSY", "Low grey level zone emphasis", "1", "level", "mean 1 / i^2"),
    ("HighGreyLevelEmphasis", "5GN9", "High grey level zone emphasis", "level^2", "level", "mean i^2"),
    ("SmallZoneLowGreyLevelEmphasis", "5RAI", "Small zone low grey level emphasis", "1", "level",
     "mean 1 / (i^2 j^2)"),
    ("SmallZoneHighGreyLevelEmphasis", "HW1V", "Small zone high grey level emphasis", "level^2", "level",
     "mean i^2 / j^2"),
    ("LargeZoneLowGreyLevelEmphasis", "YH51", "Large zone low grey level emphasis", "voxel^2", "coarse",
     "mean j^2 / i^2"),
    ("LargeZoneHighGreyLevelEmphasis", "J17V", "Large zone high grey level emphasis", "level^2 voxel^2",
     "coarse",
     "mean i^2 j^2"),
    ("GreyLevelNonUniformity", "JNSA", "Grey level non-uniformity", "zone", "scaled", "sum_i s_i^2 / Ns"),
    ("GreyLevelNonUniformityNormalized", "Y1RO", "Normalised grey level non-uniformity", "1", "uniform",
     "sum_i s_i^2 / Ns^2"),
    ("ZoneSizeNonUniformity", "4JP3", "Zone size non-uniformity", "zone", "scaled", "sum_j s_j^2 / Ns"),
    ("ZoneSizeNoneUniformityNormalized", "VB3A", "Normalised zone size non-uniformity", "1", "fine",
     "sum_j s_j^2 / Ns^2"),
    ("ZonePercentage", "P30P", "Zone percentage", "1", "fine", "Ns / N"),
    ("GreyLevelMean", "", "", "level", "level", "mean i over zones"),
    ("GreyLevelVariance", "BYLV", "Grey level variance", "level^2", "spread", "variance of i over zones"),
    ("ZoneSizeMean", "", "", "voxel", "coarse", "mean j over zones = N / Ns"),
    ("ZoneSizeVariance", "3NSA", "Zone size variance", "voxel^2", "coarse", "variance of j over zones"),
    ("ZoneSizeEntropy", "GU8N", "Zone size entropy", "bit", "even", "-sum p log2 p, p = s / Ns"),
)  # fmt: skip
_NGTDM: tuple[_Row, ...] = (
    ("Coarsness", "QCDE", "Coarseness", "1/level", "uniform", "1 / sum p s"),
    ("Contrast", "65HE", "Contrast", "level^3", "fine",
     "sum_ij p_i p_j (i - j)^2 / (G (G - 1)) * sum s / N"),
    ("Busyness", "NQ30", "Busyness", "1", "fine", "sum p s / sum_ij abs(i p_i - j p_j)"),
    ("Complexity", "HDEZ", "Complexity", "level^2", "fine",
     "sum_ij abs(i - j) (p_i s_i + p_j s_j) / (p_i + p_j) / N"),
    ("Strength", "1X9X", "Strength", "level", "scaled", "sum_ij (p_i + p_j) (i - j)^2 / sum s"),
)  # fmt: skip
_DUPLICATES = {"GLSZM_ZoneSizeMean": "GLSZM_ZonePercentage"}
_QUIRKS = {
    "GLCM_Entropy": f"{GLCM_QUIRK}; cells with p <= 0.0001 skipped",
    "NGTDM_Coarsness": f"{TONE_QUIRK}; at most 1e6",
    "NGTDM_Contrast": f"{TONE_QUIRK}; 0 with one level",
    "NGTDM_Busyness": f"{TONE_QUIRK}; 0 with one level",
}


def _features(family: str, rows: tuple[_Row, ...], dimension: str, quirk: str, section: str) -> list[Feature]:
    return [
        Feature(
            family=family,
            name=name,
            ibsi_code=code,
            ibsi_name=ibsi_name,
            unit=unit,
            formula=formula,
            quirk=_QUIRKS.get(f"{family}_{name}", quirk),
            sign=WHY[why][0],
            sign_reason=WHY[why][1],
            dimension=dimension,
            depends_on="map",
            duplicate_of=_DUPLICATES.get(f"{family}_{name}", ""),
            reference=f"IBSI reference manual {section}" if code else "CaPTk 1.7.1",
        )
        for name, code, ibsi_name, unit, why, formula in rows
    ]


LBP = Feature(
    family="LBP",
    name="LBP",
    ibsi_code="",
    ibsi_name="",
    unit="1",
    formula="undefined; by switch a substitute, see kinephen.radiomics.lbp",
    quirk="mean over the whole image of a code that is overwritten in place: not reproducible, NaN",
    sign=WHY["lost"][0],
    sign_reason=WHY["lost"][1],
    dimension="3-D",
    depends_on="map",
    two_dimensional=True,
    reference="Ojala T, et al. IEEE TPAMI 2002;24:971-987 (the idea)",
)

ROWS = (
    *_features("GLCM", _GLCM, PAIRS, GLCM_QUIRK, "3.6"),
    *_features("GLRLM", _GLRLM, RUNS, RUN_QUIRK, "3.7"),
    *_features("GLSZM", _GLSZM, ZONES, ZONE_QUIRK, "3.8"),
    *_features("NGTDM", _NGTDM, TONES, TONE_QUIRK, "3.10"),
    LBP,
)
