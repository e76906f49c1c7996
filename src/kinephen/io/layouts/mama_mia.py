"""MAMA-MIA (Synapse syn60868042): ``images/<id>/<id>_0000.nii.gz``, masks by experts, times in a table.

References
----------
Garrucho et al., Sci Data 2025, doi 10.1038/s41597-025-04707-4.
"""

from kinephen.io.layout import Layout, TimesTable

LAYOUT = Layout(
    name="MAMA-MIA",
    phases=(r"(?P<exam>.+)_(?P<index>\d{4})",),
    parent="images",
    masks=(
        "../../segmentations/expert/{folder}.nii.gz",
        "../../segmentations/automatic/{folder}.nii.gz",
    ),
    times=TimesTable(
        path="../../clinical_and_imaging_info.xlsx", key="patient_id", column="acquisition_times"
    ),
)
