"""ODELIA: ``<id>_left/Pre.nii.gz``, ``Post_1.nii.gz``, ..., a folder a breast; subtractions are no phases."""

from kinephen.io.layout import Layout

LAYOUT = Layout(
    name="ODELIA",
    phases=(r"(?:(?P<pre>Pre)|Post_?(?P<post>\d{1,2}))",),
    masks=("Mask.nii.gz", "Segmentation.nii.gz", "../../segmentations/{folder}.nii.gz"),
)
