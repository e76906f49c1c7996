"""Which series of a public collection a study of change between visits needs.

Names of the derived series, checked on all 894 analysed exams of the index: a map is named after its
dynamic series, ``<description>: SER``, ``: PE1`` or ``: PE2``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from kinephen.core.cohort import Issue
from kinephen.core.plain import hash_text
from kinephen.errors import UsageError
from kinephen.io.idc_index import Collection
from kinephen.io.segmentation import segmentation_kind

_MAP = re.compile(r"^(?P<source>.*): (?P<kind>SER|PE\d)$")
MINIMUM_PHASES = 3


@dataclass(frozen=True)
class ChosenSeries:
    """One series to download; `role` as ``dce``, ``ser``, ``pe1``, ``seg_voi_pe``, ``other``."""

    uid: str
    role: str
    instances: int
    size: int


@dataclass(frozen=True)
class ChosenExam:
    """One visit of one patient.

    Parameters
    ----------
    patient : str
        The archive's identifier, a pseudonym; goes into tables, never into messages or names of files.
    visit : str
        T1 is the first study of the patient, T2 the second, as in the article.
    day : int
        Days since their first study.
    study : str
        StudyInstanceUID.
    series : tuple of ChosenSeries
    whole_study : bool
        All images of the study are taken, since its dynamic series alone lacks phases.
    note : str
        Why the visit may not be what its order says; empty if nothing speaks against it.
    """

    patient: str
    visit: str
    day: int
    study: str
    series: tuple[ChosenSeries, ...]
    whole_study: bool
    note: str = ""

    @property
    def size(self) -> int:
        """Bytes of all series."""
        return sum(s.size for s in self.series)

    @property
    def folder(self) -> str:
        """Name of the exam's folder: it stays the same from run to run and does not hold the identifier."""
        return f"{hash_text(self.patient)[:10]}-{self.visit}"


@dataclass(frozen=True)
class Choice:
    """What is going to be downloaded, and who is left out."""

    collection: Collection
    visits: tuple[str, ...]
    exams: tuple[ChosenExam, ...]
    patients_in_collection: int
    left_out: dict[str, int]
    licences: tuple[str, ...]
    issues: tuple[Issue, ...] = ()

    @property
    def patients(self) -> int:
        """Number of patients."""
        return len({e.patient for e in self.exams})

    @property
    def size(self) -> int:
        """Bytes of all exams."""
        return sum(e.size for e in self.exams)


def parse_visits(text: str, collection: Collection) -> tuple[str, ...]:
    """Return visit names from ``"T1,T2"``: two or more, in order, each once.

    Raises
    ------
    UsageError
        ``fetch.visits``.
    """
    known = tuple(f"T{n}" for n in range(1, len(collection.archive_visits) + 1))
    names = tuple(part.strip().upper() for part in text.split(","))
    if len(names) < 2 or len(set(names)) < len(names) or not set(names) <= set(known):
        raise UsageError(
            f"--visits {text!r}: expected two or more different visits of {', '.join(known)}",
            code="fetch.visits",
            hint="T1 is the first study of a patient, T2 the second; for example --visits T1,T2",
        )
    return tuple(sorted(names))


def choose(series: pd.DataFrame, collection: Collection, visits: Sequence[str]) -> Choice:
    """Choose the series of all patients whose wanted visits were all analysed by the archive.

    Parameters
    ----------
    series : DataFrame
        From `kinephen.io.idc_index.read_series`.
    collection : Collection
    visits : sequence of str
        T1 is a patient's first study. A visit that they missed shifts the later ones; an exam whose day is
        nearer to the usual day of another visit carries a note.

    Returns
    -------
    Choice
        Dynamic series, maps and segmentations of each exam; all images of the study where the dynamic
        series that the maps name holds fewer than three phases.
    """
    studies = _studies(series)
    usual = studies.groupby("order")["day"].median()
    images = series[series["modality"].isin(["MR", "SEG"])]
    by_study = dict(iter(images.groupby("study", sort=False)))
    exams: list[ChosenExam] = []
    left_out: Counter[str] = Counter()
    for patient, own in studies.groupby("patient"):
        found, reason = _exams_of(str(patient), own, by_study, visits)
        exams += found
        left_out.update([reason] if reason else [])
    exams = [_with_note(e, usual) for e in exams]
    noted = sum(bool(e.note) for e in exams)
    chosen = {s.uid for e in exams for s in e.series}
    licences = series.loc[series["series"].isin(chosen), "licence"].dropna().unique()
    issue = Issue("fetch.day", "exams lie nearer to the usual day of another visit", "visits", noted)
    return Choice(
        collection=collection,
        visits=tuple(visits),
        exams=tuple(exams),
        patients_in_collection=int(series["patient"].nunique()),
        left_out=dict(sorted(left_out.items())),
        licences=tuple(sorted(map(str, licences))),
        issues=(issue,) if noted else (),
    )


def first_patients(choice: Choice, limit: int) -> Choice:
    """Return the choice cut down to its first `limit` patients."""
    kept = set(sorted({e.patient for e in choice.exams})[:limit])
    exams = tuple(e for e in choice.exams if e.patient in kept)
    noted = sum(bool(e.note) for e in exams)
    issues = tuple(replace(i, count=noted) for i in choice.issues) if noted else ()
    return replace(choice, exams=exams, issues=issues)


def series_roles(study: pd.DataFrame) -> tuple[dict[str, str], bool]:
    """Return the role of each MR and SEG series of a study, and whether its dynamic series lacks phases.

    Without a SER and a PE map all roles are ``other``.
    """
    roles, source, slices = dict.fromkeys(study["series"], "other"), None, 0
    for row in study.itertuples():
        match = _MAP.match(row.description)
        if row.modality == "SEG":
            roles[row.series] = f"seg_{segmentation_kind(row.description)}"
        elif match is not None:
            roles[row.series] = match["kind"].lower()
            if match["kind"] == "SER":
                source, slices = match["source"], row.instances
    if not {"ser", "pe1", "pe2"} & set(roles.values()) or source is None:
        return dict.fromkeys(roles, "other"), True
    dynamic = study[(study["modality"] == "MR") & (study["description"] == source) & (source != "")]
    roles.update(dict.fromkeys(dynamic["series"], "dce"))
    return roles, int(dynamic["instances"].sum()) < MINIMUM_PHASES * slices


def _studies(series: pd.DataFrame) -> pd.DataFrame:
    """Return one row a study: patient, study, day since the first, order from 1."""
    studies = series.drop_duplicates("study")[["patient", "study", "date"]]
    studies = studies.sort_values(["patient", "date", "study"], ignore_index=True)
    dates = pd.to_datetime(studies["date"])
    studies["day"] = (dates - dates.groupby(studies["patient"]).transform("min")).dt.days
    studies["order"] = studies.groupby("patient").cumcount() + 1
    return studies


def _exams_of(
    patient: str, studies: pd.DataFrame, by_study: dict[str, pd.DataFrame], visits: Sequence[str]
) -> tuple[list[ChosenExam], str]:
    exams: list[ChosenExam] = []
    for visit in visits:
        row = studies[studies["order"] == int(visit[1:])]
        if row.empty:
            return [], f"no study at {visit}"
        uid = str(row["study"].iloc[0])
        chosen, whole = _series_of(by_study[uid]) if uid in by_study else ((), False)
        if not chosen:
            return [], f"no SER and PE maps at {visit}"
        exams.append(ChosenExam(patient, visit, int(row["day"].iloc[0]), uid, chosen, whole))
    return exams, ""


def _series_of(study: pd.DataFrame) -> tuple[tuple[ChosenSeries, ...], bool]:
    roles, split = series_roles(study)
    if "ser" not in roles.values() or not {"pe1", "pe2"} & set(roles.values()):
        return (), False
    wanted = study if split else study[study["series"].map(roles) != "other"]
    chosen = (
        ChosenSeries(str(r.series), roles[r.series], int(r.instances), int(r.bytes))
        for r in wanted.itertuples()
    )
    return tuple(sorted(chosen, key=lambda s: (s.role, s.uid))), split


def _with_note(exam: ChosenExam, usual: pd.Series) -> ChosenExam:
    nearest = (usual - exam.day).abs().idxmin()
    if exam.visit == "T1" or f"T{nearest}" == exam.visit:
        return exam
    note = f"day {exam.day} is nearer to the usual day of T{nearest} ({usual[nearest]:g})"
    return replace(exam, note=note)
