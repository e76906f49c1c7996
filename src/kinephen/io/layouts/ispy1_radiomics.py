"""TCIA ISPY1-Tumor-SEG-Radiomics: ``images_.../<id>/<id>_DCE_0000_N3.nii``, masks in folders beside.

References
----------
Chitalia et al., Sci Data 2022, doi 10.1038/s41597-022-01555-4.
"""

from kinephen.io.layout import Layout

LAYOUT = Layout(
    name="ISPY1-Tumor-SEG-Radiomics",
    phases=(r"(?P<exam>.+)_DCE_(?P<index>\d{4})(?P<exam_tail>_N\d)?",),
    masks=(
        "../../masks_stv_manual/{folder}.nii.gz",
        "../../masks_ftv/{folder}.nii.gz",
        "../../masks_stv_resunet/{folder}.nii.gz",
    ),
)
