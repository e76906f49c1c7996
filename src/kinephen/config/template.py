"""Writing a study file that a person can read and change."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomli_w

from kinephen.config.load import resolve
from kinephen.core.files import write_whole

HEADER = """\
# Study file of kinephen. Paths are relative to this file.
# kinephen config show THIS_FILE     every setting with its value and meaning
# kinephen run THIS_FILE --out OUT   from the images to one report
# A setting is changed under [settings.SECTION], or with --set SECTION.KEY=VALUE.

"""


def write_study_file(path: Path, content: Mapping[str, Any]) -> None:
    """Check `content` and write it as TOML, whole or not at all.

    Parameters
    ----------
    path : Path
        Usually ``study.toml``.
    content : mapping
        Keys of `kinephen.config.schema.StudyFile`; what is left out takes its default.

    Raises
    ------
    ConfigError
        If a key is unknown or a value out of range.
    """
    resolve(content, where=path.name)
    write_whole(path, (HEADER + tomli_w.dumps(dict(content))).encode("utf-8"))
