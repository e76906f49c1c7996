"""Files ``*_0000``, ``*_0001``, ..., as nnU-Net numbers channels."""

from kinephen.io.layout import Layout

LAYOUT = Layout(
    name="files *_000k",
    phases=(r"(?i:(?P<exam>.*?)_?(?<!\d)(?P<index>\d{4})(?P<exam_tail>_N\d)?)",),
    general=True,
)
