"""The sh blocks of docs/how-to/reproduce-the-article.md run as they stand."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "how-to" / "reproduce-the-article.md"


@pytest.mark.slow
def test_every_block_runs(reference, tmp_path):
    root = reference("data/ispy1/visits_idc.csv").parents[2]
    blocks = re.findall(r"```sh\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert len(blocks) >= 3
    shim = tmp_path / "bin" / "kinephen"
    shim.parent.mkdir()
    shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -W error -m kinephen.cli.app "$@"\n')
    shim.chmod(0o755)
    environment = {
        **os.environ,
        "PATH": f"{shim.parent}{os.pathsep}{os.environ['PATH']}",
        "KINEPHEN_REFERENCE": str(root),
        "PYTHONPATH": str(ROOT / "src"),
    }
    for block in blocks:
        done = subprocess.run(
            ["sh", "-ec", block], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{block}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
    for name in ("reproduction/ledger.html", "summary.json", "simulated/run/report.html"):
        assert (tmp_path / name).stat().st_size > 0
