"""What dcm2niix writes: one file a series under any name, with a sidecar that tells the clock."""

from kinephen.io.layout import Layout

LAYOUT = Layout(
    name="dcm2niix",
    clock="AcquisitionTime",
    alike=("RepetitionTime", "EchoTime", "FlipAngle", "InversionTime", "ScanningSequence"),
    general=True,
)
