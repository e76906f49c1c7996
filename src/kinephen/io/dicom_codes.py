"""Coded terms of the objects that are written: SNOMED CT, DICOM, UCUM, and our own where none fits."""

from __future__ import annotations

from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

MORPHOLOGY = Code("49755003", "SCT", "Morphologically Abnormal Structure")
NEOPLASM = Code("108369006", "SCT", "Neoplasm")
BREAST = Code("76752008", "SCT", "Breast")
MRI_OF_BREAST = Code("241615005", "SCT", "Magnetic resonance imaging of breast")
VOLUME = Code("118565006", "SCT", "Volume")
COMMENT = Code("121106", "DCM", "Comment")
SIDES = {
    "L": Code("7771000", "SCT", "Left"),
    "R": Code("24028007", "SCT", "Right"),
    "B": Code("51440002", "SCT", "Right and left"),
}
ALGORITHM_FAMILY = codes.DCM.NeighborhoodAnalysis
CUBIC_CENTIMETRE = codes.UCUM.CubicCentimeter
PERCENT = codes.UCUM.Percent
NO_UNIT = codes.UCUM.NoUnits

OWN_SCHEME = "99KINEPHEN"
VOLUME_BY_SER = Code("FTVSER", OWN_SCHEME, "Functional tumour volume by SER")
VOXELS = Code("VOXELS", OWN_SCHEME, "Number of voxels")
PE_THRESHOLD = Code("PETHRESH", OWN_SCHEME, "Threshold of early percent enhancement")
TISSUE_THRESHOLD = Code("PRETHRESH", OWN_SCHEME, "Threshold of pre-contrast signal")
NEIGHBOURS = Code("NEIGHBOURS", OWN_SCHEME, "Least number of neighbours that pass")
SER_MINIMUM = Code("SERMIN", OWN_SCHEME, "Least signal enhancement ratio of the volume by SER")
