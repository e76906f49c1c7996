"""What the review commands hand to a decision and show of it; no mask is read."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace as Of

import pytest
from tests.printed import printed_tables

from kinephen.cli import review_run
from kinephen.cli.review_run import DecisionRow, Session, StatusRow
from kinephen.core.cohort import Issue
from kinephen.errors import InputError, UsageError
from kinephen.io.hash_chain import LogCheck
from kinephen.review.decide import Signature

DECISION = {
    "case": "case-1", "visit": "T2", "action": "edit", "role": "editor", "revision": 3, "name": "Ada",
    "meaning": "read", "time": "now", "voxels_added": 5, "voxels_removed": 6, "cc_before": 1.5,
    "cc_after": 1.25, "dice_to_automatic": 0.75, "same_person": False,
}  # fmt: skip
EXAMS = tuple(Of(case=c, visit=v) for c, v in (("case-1", "T1"), ("case-1", "T2"), ("case-2", "T1")))
ROOT = Path("a")


def place(exam, **last):
    decision = Of(**{**DECISION, "reason": "", **last}) if last else None
    state = Of(state="edited", revision=3, decision=decision)
    return Of(case=exam.case, visit=exam.visit, source=f"{exam.case}{exam.visit}", state=state, masks="masks",
              exam=ROOT / "review" / exam.case)  # fmt: skip


@pytest.fixture
def session(monkeypatch):
    """A session on three exams, of which the second has been edited."""
    monkeypatch.setattr(
        review_run,
        "place_of",
        lambda exam, folder: place(exam, **({"name": "Ada"} if exam is EXAMS[1] else {})),
    )
    monkeypatch.setattr(review_run, "read_log", lambda folder: ("log", folder))
    monkeypatch.setattr(review_run, "strangers", lambda log, known: [log[1].name, *sorted(known)])
    monkeypatch.setattr(review_run, "require_unchanged", lambda masks, state: None)
    return Session(Of(exams=EXAMS, study=Of(settings=Of(ftv="ftv", motion="motion"))), ROOT)


@pytest.fixture
def review(monkeypatch, call, session):
    """Return a function that runs a command of ``review``; `opened` holds what was opened."""

    def run(command, *words):
        return call("review", command, "a/study.toml", *words)

    run.opened = []
    monkeypatch.setattr(review_run, "open_session", lambda *words: run.opened.append(words) or session)
    return run


def test_exams_are_chosen_by_case_and_visit(session):
    names = {w: [(e.case, e.visit) for e in session.exams(*w)]
             for w in ((None, None), ("case-1", None), (None, "T1"), ("case-1", "T2"))}  # fmt: skip
    assert names == {
        (None, None): [("case-1", "T1"), ("case-1", "T2"), ("case-2", "T1")],
        ("case-1", None): [("case-1", "T1"), ("case-1", "T2")],
        (None, "T1"): [("case-1", "T1"), ("case-2", "T1")],
        ("case-1", "T2"): [("case-1", "T2")],
    }
    assert session.exam("case-1", "T1") is EXAMS[0]
    for words, says in (
        (("case-9", None), "the study has no exam case-9"),
        (("case-2", "T2"), "the study has no exam case-2 T2"),
        ((None, "T9"), "the study has no exam T9"),
    ):
        with pytest.raises(UsageError) as caught:
            session.exams(*words)
        assert (caught.value.message, caught.value.hint.split(";")[0]) == (says, "3 exams")


def test_where_each_exam_stands(session):
    rows, others = session.status()
    assert rows[1] == StatusRow(
        case="case-1", visit="T2", state="edited", revision=3, cc=1.25, dice_to_automatic=0.75, name="Ada",
        time="now", note="",
    )  # fmt: skip
    assert rows[0] == StatusRow(
        case="case-1", visit="T1", state="edited", revision=None, cc=None, dice_to_automatic=None, name="",
        time="", note="",
    )  # fmt: skip
    assert others == ["review", "case-1T1", "case-1T2", "case-2T1"]


def test_an_exam_that_cannot_be_read_does_not_hide_the_others(session, monkeypatch):
    def unreadable(exam, folder, code="dicom.none"):
        if exam is EXAMS[0]:
            raise InputError("no images", code=code)
        return place(exam)

    monkeypatch.setattr(review_run, "place_of", unreadable)
    rows, others = session.status()
    assert rows[0] == StatusRow(
        case="case-1", visit="T1", state="unreadable", revision=None, cc=None, dice_to_automatic=None,
        name="", time="", note="no images",
    )  # fmt: skip
    assert (len(rows), others) == (3, ["review", "case-1T2", "case-2T1"])
    monkeypatch.setattr(review_run, "place_of", lambda *words: unreadable(*words, code="review.log"))
    with pytest.raises(InputError, match="no images"):
        session.status()


def test_notes_of_an_exam(session, monkeypatch, tmp_path):
    def changed(masks, state):
        raise InputError("the mask was changed", code="review.changed")

    asked = place(EXAMS[0], reason="missed a part", same_person=True)
    assert review_run._note(asked) == "missed a part; same person edited and confirmed"
    monkeypatch.setattr(review_run, "require_unchanged", changed)
    assert review_run._note(asked).endswith("confirmed; the mask was changed")
    exported = place(EXAMS[0])
    exported.exam = tmp_path
    assert review_run._note(exported) == "exported"


@pytest.mark.parametrize("problems", [(), ("line 1",)])
def test_the_log_is_checked_before_the_masks(monkeypatch, problems):
    seen = []
    monkeypatch.setattr(
        review_run,
        "check_log",
        lambda folder, head: seen.append((folder, head)) or LogCheck(2, "h", problems),
    )
    monkeypatch.setattr(review_run, "read_log", lambda folder: ("log", folder))
    monkeypatch.setattr(review_run, "check_masks", lambda *words: seen.append(words) or ["a mask"])
    found = review_run.verify(Path("a/study.toml"), "abc")
    folder = Path("a/review")
    assert seen[0] == (folder, "abc")
    assert seen[1:] == ([] if problems else [(folder / "masks", ("log", folder))])
    assert found == LogCheck(2, "h", problems or ("a mask",))


def test_a_study_is_opened_as_a_run_would(monkeypatch):
    monkeypatch.setattr(review_run, "load_study", lambda path, **more: (path, more))
    monkeypatch.setattr(review_run, "make_plan", lambda *words: words)
    for changes in (None, ["a.b=1"]):
        found = review_run.open_session(Path("a/study.toml"), "quick", changes)
        study = (Path("a/study.toml"), {"preset": "quick", "changes": changes or ()})
        assert found == Session((study, Path("a")), Path("a"))


ONE = ("--case", "case-1", "--visit", "T2", "--name", "Ada")


@pytest.fixture
def signed(monkeypatch):
    seen = []

    def sign(asked, *words, **more):
        seen.append((asked.source, words, more))
        return Of(**{**DECISION, "same_person": "same" in (words[-1].reason if words else "")})

    for name in ("confirm", "reject", "import_mask"):
        monkeypatch.setattr(f"kinephen.review.decide.{name}", sign)
    return seen


@pytest.mark.parametrize("command", ["confirm", "reject"])
def test_a_decision_is_signed_and_shown(review, signed, command):
    words = ("--revision", 3, "--reason", "a reason", "--meaning", "read", "-p", "quick", "--set", "a.b=1")
    code, out, err = review(command, *ONE, *words)
    rows = printed_tables(out)[""]
    assert rows[0] == ["", "decision"]
    assert rows[1:] == [[name, f"{v:g}" if isinstance(v, float) else str(v)] for name, v in DECISION.items()]
    assert (code, err) == (0, "")
    signature = Signature("Ada", "read", "a reason")
    assert signed == [("case-1T2", (signature,), {"settings": "ftv", "revision": 3})]
    assert review.opened == [(Path("a/study.toml"), "quick", ["a.b=1"])]
    code, out, err = review(command, *ONE, "--reason", "same", "--json")
    assert json.loads(out) == {"decision": {**DECISION, "same_person": True}}
    assert ("this person also edited the mask" in err) == (command == "confirm")
    assert (signed[1][1], signed[1][2]["revision"]) == ((Signature("Ada", "", "same"),), None)


def test_an_edited_mask_is_taken(review, signed):
    code, out, _ = review("import", *ONE, "--json")
    assert (code, json.loads(out)["decision"]["cc_after"]) == (0, 1.25)
    mask = ROOT / "review" / "case-1" / "mask.nii.gz"
    options = {"settings": "ftv", "segment": None, "allow_empty": False}
    assert signed == [("case-1T2", (mask, Signature("Ada", "", "")), options)]
    words = ("--mask", "m.dcm", "--reason", "r", "--meaning", "m", "--segment", 2, "--allow-empty")
    review("import", *ONE, *words)
    options = {"settings": "ftv", "segment": 2, "allow_empty": True}
    assert signed[1] == ("case-1T2", (Path("m.dcm"), Signature("Ada", "m", "r")), options)


def test_exams_are_exported(review, monkeypatch):
    asked = []

    def export_exam(exam, where, settings, *, motion):
        asked.append((exam, where.source, settings, motion))
        issues = (Issue("a.b", "odd"), Issue("a.c", "even"))
        return Of(folder=ROOT / "review" / "exams" / exam.visit, revision=2, issues=issues)

    monkeypatch.setattr("kinephen.review.export.export_exam", export_exam)
    code, out, err = review("export", "--case", "case-1")
    assert printed_tables(out)[""] == [
        ["case", "visit", "folder", "revision", "notes"],
        ["case-1", "T1", "review/exams/T1", "2", "odd; even"],
        ["case-1", "T2", "review/exams/T2", "2", "odd; even"],
    ]
    assert asked == [(e, e.case + e.visit, "ftv", "motion") for e in EXAMS[:2]]
    assert (code, "2/2" in err) == (0, True)
    assert err.endswith("edit mask.nii.gz, then: kinephen review import, kinephen review confirm\n")
    _, out, err = review("export", "--visit", "T1", "--json", "-q")
    assert [e["case"] for e in json.loads(out)["exams"]] == ["case-1", "case-2"]
    assert "2/2" not in err
    _, out, _ = review("export", "--case", "case-2", "-q")
    assert len(printed_tables(out)[""]) == 2


def test_status_is_shown(review, session, monkeypatch):
    code, out, err = review("status")
    head, *rows = printed_tables(out)[""]
    assert head == ["case", "visit", "state", "revision", "cc", "dice_to_automatic", "name", "time", "note"]
    assert rows[1] == ["case-1", "T2", "edited", "3", "1.25", "0.75", "Ada", "now", ""]
    assert (code, err) == (0, "4 reviewed exams not in this study, or whose images have changed\n")
    found = json.loads(review("status", "--json")[1])
    assert (len(found["exams"]), len(found["decisions_on_other_exams"])) == (3, 4)
    for others, says in ((["x"], "1 reviewed exam not in this study"), ([], "")):
        monkeypatch.setattr(review_run, "strangers", lambda *_, found=others: found)
        err = review("status")[2]
        assert says in err if others else err == ""
    object.__setattr__(session.plan, "exams", ())
    assert review("status")[:2] == (0, "")


def test_the_log_is_verified(review, monkeypatch):
    asked = []
    monkeypatch.setattr(review_run, "verify", lambda *words: asked.append(words) or LogCheck(1, "h", ()))
    assert review("verify-log", "--head", "abc") == (0, "", "1 decision; last hash h\nintact\n")
    assert json.loads(review("verify-log", "--json")[1])["intact"] is True
    assert asked == [(Path("a/study.toml"), "abc"), (Path("a/study.toml"), "")]


def test_a_row_shows_the_fields_of_its_decision(session):
    assert session.row(Of(**DECISION)) == DecisionRow(**DECISION)
