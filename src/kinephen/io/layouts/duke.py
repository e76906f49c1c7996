"""Duke-Breast-Cancer-MRI as NIfTI: ``pre.nii.gz``, ``post_1.nii.gz``, ..., with or without the patient first.

References
----------
Saha et al., The Cancer Imaging Archive 2021, doi 10.7937/TCIA.e3sv-re93.
"""

from kinephen.io.layout import Layout

LAYOUT = Layout(
    name="Duke",
    phases=(r"(?:(?P<exam>.+)_)?(?:(?P<pre>pre)|post_?(?P<post>\d{1,2}))",),
    masks=("mask.nii.gz", "{exam}_mask.nii.gz", "../masks/{folder}.nii.gz", "../masks/{folder}_mask.nii.gz"),
)
