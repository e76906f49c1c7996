"""BreastDCEDL: ``<id>_spy1_vis1_acq0.nii.gz``, one file a phase and visit, masks in a folder beside."""

from kinephen.io.layout import Layout

LAYOUT = Layout(
    name="BreastDCEDL",
    phases=(r"(?P<exam>.+)_acq(?P<index>\d{1,2})",),
    masks=("../masks/{exam}_mask.nii.gz", "{exam}_mask.nii.gz"),
)
