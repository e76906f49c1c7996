"""Rules for the compiled kernels: one signature each, and no numba before the first extraction."""

import importlib
import os
import subprocess
import sys

import numpy as np
import pytest

from kinephen.radiomics import MaskContext, extract
from kinephen.radiomics.complete import ibsi_features
from kinephen.radiomics.prepare import prepare
from kinephen.radiomics.protocol import Protocol, Textures
from kinephen.radiomics.warmup import KERNEL_MODULES, warm_up
from kinephen.study.kernels import kernels_are_cached, prepare_numba_cache


def kernels():
    for name in KERNEL_MODULES:
        module = importlib.import_module(f"kinephen.radiomics.kernels.{name}")
        yield from (f for f in vars(module).values() if hasattr(f, "signatures"))


def test_every_kernel_keeps_one_signature_whatever_it_is_given():
    rng = np.random.default_rng(0)
    mask = rng.random((5, 30, 31)) < 0.7
    images = {"d": rng.normal(size=mask.shape), "f": rng.random(mask.shape).astype(np.float32)}
    images["i"] = rng.integers(0, 50, mask.shape)
    images["t"] = np.asfortranarray(images["d"])
    for mode in ("ibsi", "captk"):
        extract(MaskContext(mask, (2.0, 1.0, 1.0)), images, mode=mode)
    protocol = Protocol(textures=Textures(directional=("2D_avg", "2.5D_mrg", "3D_mrg"), zonal=("2D", "3D")))
    ibsi_features(prepare(images["d"], MaskContext(mask, (2.0, 1.0, 1.0)), protocol), protocol)
    found = list(kernels())
    assert len(found) == 8
    assert [len(kernel.signatures) for kernel in found] == [1] * len(found)


def run(code, **environment):
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )


def test_importing_the_package_imports_no_numba():
    done = run(
        "import sys, kinephen.radiomics, kinephen.cli.app; import kinephen.cli.features;"
        "print([m for m in ('numba', 'scipy', 'SimpleITK') if m in sys.modules])"
    )
    assert done.stdout.strip() == "[]", done.stderr


def test_warm_up_reports_kernels_without_a_cache():
    assert warm_up() == ()


def test_a_value_of_the_user_wins(monkeypatch, tmp_path):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "mine"))
    assert prepare_numba_cache() == str(tmp_path / "mine")
    assert not kernels_are_cached()


def test_read_only_installation_uses_the_cache_of_the_user(monkeypatch, tmp_path):
    import kinephen.study.kernels as module

    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    writable = module._writable
    monkeypatch.setattr(
        module, "_writable", lambda folder: "radiomics" not in str(folder) and writable(folder)
    )
    assert prepare_numba_cache() == str(tmp_path / "kinephen" / "numba")
    assert os.environ["NUMBA_CACHE_DIR"] == str(tmp_path / "kinephen" / "numba")


def test_without_a_home_a_temporary_folder_is_used(monkeypatch, tmp_path):
    import kinephen.study.kernels as module

    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setattr(module, "_writable", lambda folder: "kinephen-numba" in str(folder))
    assert "kinephen-numba" in prepare_numba_cache()
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setattr(module, "_writable", lambda folder: False)
    assert prepare_numba_cache() == ""
    assert not kernels_are_cached()


NO_FOLDER = """
import numba.core.caching as caching
caching.CacheImpl._locator_classes = []
caching._CacheLocator.from_function = classmethod(lambda *a: None)
from kinephen.radiomics.kernels.compiler import kernel, uncached
@kernel("int64(int64)")
def twice(x):
    return 2 * x
print(twice(21), uncached)
"""


def test_without_any_folder_kernels_are_compiled_and_named():
    done = run(NO_FOLDER)
    assert done.stdout.strip() == "42 ['twice']", done.stderr


@pytest.mark.slow
def test_first_use_stays_within_half_a_minute(tmp_path):
    code = (
        "import time; t = time.process_time();"
        "import numpy as np; from kinephen.radiomics import MaskContext, extract;"
        "m = np.ones((5, 9, 9), bool); i = np.arange(405.0).reshape(m.shape);"
        "[extract(MaskContext(m, (1, 1, 1)), {'m': i}, mode=k) for k in ('ibsi', 'captk')];"
        "print(time.process_time() - t)"
    )
    first, later = (float(run(code, NUMBA_CACHE_DIR=str(tmp_path)).stdout) for _ in range(2))
    assert first < 30
    assert later < 3
