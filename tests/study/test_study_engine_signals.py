"""Ctrl-C, SIGTERM and SIGHUP at several moments: one sentence, the exit code of the signal, nothing left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest
from tests.study.conftest import SMALL

LIMIT_S = 2.0
LOADED = 3.0
"""Share of time that a machine with other work may take longer."""
SENTENCES = {
    signal.SIGINT: (130, "stopped; run the same command again to go on from here\n"),
    signal.SIGTERM: (143, "stopped from outside (SIGTERM); run the same command again to go on from here\n"),
    signal.SIGHUP: (
        129,
        "stopped since the terminal was closed (SIGHUP); run the same command again to go on from here\n",
    ),
}


def heard():
    """Let no signal be ignored: these tests may have been started by a shell in the background."""
    for number in SENTENCES:
        signal.signal(number, signal.SIG_DFL)


def start_python(*words):
    return subprocess.Popen(
        [sys.executable, *map(str, words)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True, text=True, preexec_fn=heard,
    )  # fmt: skip


def start(*words):
    return start_python("-m", "kinephen", *words)


def start_run(study, out):
    settings = [word for change in SMALL for word in ("--set", change)]
    return start("run", study / "study.toml", "-o", out, "-q", "--workers", 2, *settings)


def wait_for(process, condition):
    until = time.monotonic() + 120
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.01)


def ended(process, number, *, group, again=False):
    """Send a signal and return exit code and standard error; the time is checked, and that none is left."""
    begun = time.monotonic()
    (os.killpg if group else os.kill)(process.pid, number)
    if again:
        (os.killpg if group else os.kill)(process.pid, number)
    try:
        _, errors = process.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    assert time.monotonic() - begun < LIMIT_S * LOADED
    until = time.monotonic() + 5
    while alive(process.pid) and time.monotonic() < until:
        time.sleep(0.02)
    assert not alive(process.pid)
    return process.returncode, errors


def alive(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


MOMENTS = {
    "imports": lambda out: True,
    "begin": lambda out: (out / ".lock").exists(),
    "workers": lambda out: (out / "private" / "cases.json").exists(),
    "exams": lambda out: any((out / "store").glob("lesion/*")),
}


@pytest.mark.parametrize(
    ("moment", "number", "group", "again"),
    [
        ("imports", signal.SIGINT, True, False),
        ("begin", signal.SIGINT, True, False),
        ("exams", signal.SIGINT, True, False),
        ("workers", signal.SIGINT, False, False),
        ("workers", signal.SIGINT, True, True),
        ("workers", signal.SIGTERM, False, False),
        ("exams", signal.SIGTERM, True, False),
        ("workers", signal.SIGHUP, True, False),
    ],
)
def test_a_signal_ends_a_run_with_one_sentence_and_its_code(
    study_folder, tmp_path, moment, number, group, again
):
    out = tmp_path / "out"
    process = start_run(study_folder, out)
    wait_for(process, lambda: MOMENTS[moment](out))
    if moment in ("imports", "workers"):
        time.sleep(0.5)
    code, errors = ended(process, number, group=group, again=again)
    assert (code, errors) == SENTENCES[number]
    assert not list(out.rglob("failure.json"))


def test_a_signal_while_a_trial_is_simulated_leaves_nothing(tmp_path):
    out = tmp_path / "trial"
    process = start("simulate", "--out", out, "--patients", 40)
    wait_for(process, lambda: any(tmp_path.rglob("*.dcm")))
    code, errors = ended(process, signal.SIGTERM, group=False)
    assert code == 143
    assert errors.endswith(SENTENCES[signal.SIGTERM][1])
    assert "Warning" not in errors
    assert list(tmp_path.iterdir()) == []


def test_what_is_ignored_stays_ignored():
    code = (
        "import signal, os, kinephen.cli.stopping as s\n"
        "signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
        "with s.Stopping() as stopping:\n"
        "    os.kill(os.getpid(), signal.SIGHUP)\n"
        "assert stopping.signal == ''\n"
        "assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_a_computation_that_hears_nothing_is_ended_too():
    code = (
        "import kinephen.cli.stopping as s, time\n"
        "with s.Stopping():\n"
        "    print('there', flush=True)\n"
        "    while True:\n"
        "        try:\n"
        "            time.sleep(60)\n"
        "        except KeyboardInterrupt:\n"
        "            pass\n"
    )
    process = start_python("-c", code)
    assert process.stdout.readline() == "there\n"
    time.sleep(0.3)  # the print is over, and the loop is in its try
    assert ended(process, signal.SIGINT, group=False) == SENTENCES[signal.SIGINT]
