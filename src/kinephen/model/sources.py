"""From files to other patients: a study, an exam list, one patient's exams; for tables see `from_tables`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pandas as pd

from kinephen.config.load import load_study
from kinephen.config.schema import Settings, Study, StudyFile
from kinephen.core.cohort import ClinicalTable, Issue
from kinephen.errors import CohortError, InputError, UsageError
from kinephen.io.table_files import is_table
from kinephen.io.tables import read_clinical
from kinephen.model.build import catalogue_hash, step_versions
from kinephen.model.from_tables import holds_features, patients_of_tables
from kinephen.model.load import Fitted
from kinephen.model.patients import NewPatients
from kinephen.model.source import Source, of_cohort, require_readable, with_given
from kinephen.records.landmark import SECOND_VISIT
from kinephen.study.cases import Progress, make_jobs, run_cases
from kinephen.study.engine import Engine
from kinephen.study.flow import exam_gaps
from kinephen.study.frame import base_frame, with_signatures
from kinephen.study.place import study_inputs
from kinephen.study.plan import Plan, exam_row, read_exam_list, read_study_clinical, require_two_visits
from kinephen.study.steps.landmark import apply_landmark
from kinephen.study.steps.signatures import SignatureSettings, score_with, signature_columns, signature_inputs


def read_patients(
    source: Source, fitted: Fitted, out: Path, *, engine: Callable[[int], Engine], progress: Progress
) -> NewPatients:
    """Read other patients; exams are processed with the model's settings, and kept in the store below `out`.

    Parameters
    ----------
    source : Source
    fitted : Fitted
    out : Path
    engine : callable
        From the number of exams to the engine that processes them.
    progress : callable

    Raises
    ------
    InputError
        Nothing usable is found, or a table cannot be read.
    UsageError
        Options that do not go together.
    """
    if len(source.visits) not in (0, 2):
        raise UsageError(
            f"--visits names {len(source.visits)} visit(s), expected two",
            code="predict.visits",
            where="--visits",
            hint="name both in order, for example --visits T1,T2 or --visits T1=FOLDER,T2=FOLDER",
        )
    require_readable(source.given, fitted.file.training.covariates)
    if source.path.suffix.lower() == ".toml":
        plan, issues = _of_study(source, fitted)
    elif holds_features(source, fitted):
        return patients_of_tables(source, fitted)
    else:
        plan, issues = _of_exams(source, fitted)
    return _processed(plan, issues, fitted, source, out, engine, progress)


def source_paths(source: Source) -> Iterator[Path]:
    """Return every path that a source names, those of a study file too."""
    if source.path.suffix.lower() == ".toml" and source.path.is_file():
        yield from study_inputs(load_study(source.path), source.path.parent)
    else:
        yield source.path
    if source.clinical is not None:
        yield source.clinical
    expression = source.expression
    for name in (*source.visits.values(), *expression.files, *expression.platforms, expression.link):
        if name:
            yield Path(name)


def _of_study(source: Source, fitted: Fitted) -> tuple[Plan, list[Issue]]:
    if source.clinical is not None or source.visits or source.expression.files:
        raise UsageError(
            "a study file names its own clinical table, visits and expression",
            code="predict.study",
            hint="leave --clinical, --visits and --expression out",
        )
    study, root = load_study(source.path), source.path.parent
    clinical = read_study_clinical(study.study, root)
    cohort = source.cohort
    if cohort is None and source.prefer_validation and "cohort" in clinical.frame:
        known = set(clinical.frame["cohort"])
        cohort = study.study.validation if study.study.validation in known else None
    exams = read_exam_list(root / study.study.exams)
    plan = _plan(exams, clinical, study.study, root, fitted, cohort=cohort)
    text = "the study's own settings are not used: exams are processed as those of the model were"
    issues = [] if study.settings == fitted.settings else [Issue("predict.settings", text, where="study")]
    return plan, issues


def _of_exams(source: Source, fitted: Fitted) -> tuple[Plan, list[Issue]]:
    visits = tuple(source.visits) or fitted.file.study.visits
    study = Study(visits=(visits[0], visits[1]), expression=source.expression)
    clinical = None if source.clinical is None else read_clinical(source.clinical)
    if is_table(source.path):
        exams, root = read_exam_list(source.path), source.path.parent
    else:
        exams, root = _one_patient(source, visits, clinical), source.path
    return _plan(exams, clinical, study, root, fitted, cohort=source.cohort), []


def _one_patient(source: Source, visits: Sequence[str], clinical: ClinicalTable | None) -> pd.DataFrame:
    folders = {v: source.path / (source.visits.get(v) or v) for v in visits}
    absent = [v for v, f in folders.items() if not f.exists()]
    if absent:
        raise InputError(
            f"no folder of visit {absent[0]}",
            code="predict.exams",
            where=source.path.name,
            hint="name the folders of their exams: --visits T1=FOLDER,T2=FOLDER (relative to the path given)",
        )
    name = "patient"
    if clinical is not None:
        if len(clinical.frame) != 1:
            raise InputError(
                f"{len(clinical.frame)} rows in the clinical table of one patient",
                code="predict.clinical",
                hint="give a table of their row alone, or an exam list with patient_id, visit, path",
            )
        name = str(clinical.frame.index[0])
    rows = [
        {"patient_id": name, "visit": v, "path": str(f.relative_to(source.path))} for v, f in folders.items()
    ]
    return pd.DataFrame(rows)


def _plan(
    exams: pd.DataFrame,
    clinical: ClinicalTable | None,
    study: Study,
    root: Path,
    fitted: Fitted,
    *,
    cohort: str | None,
) -> Plan:
    """Return a plan of all patients who are listed anywhere (of the cohort); nobody else is left out here."""
    require_two_visits(study.visits)
    known = pd.DataFrame() if clinical is None else clinical.frame
    ids = sorted({*exams["patient_id"], *map(str, known.index)})
    # Numbered before the choice of a cohort, so that numbers are those of a run of the same study.
    cases = {pid: f"case-{i:04d}" for i, pid in enumerate(ids, start=1)}
    chosen = {p: cases[p] for p in of_cohort(ids, known, cohort)}
    wanted = exams[exams["visit"].isin(study.visits) & exams["patient_id"].isin(chosen)]
    if wanted.empty:
        shown = ", ".join(sorted(set(exams["visit"]))[:6])
        raise InputError(
            f"no exam at {' or '.join(study.visits)}; the list has {shown}",
            code="predict.exams",
            hint="name the two visits in order with --visits",
        )
    frame = known.rename(index=cases).reindex(sorted(chosen.values())).rename_axis("case")
    for column in ("time", "event"):
        if column not in frame:
            frame[column] = float("nan")
    return Plan(
        study=StudyFile(
            study=study, settings=_lean(fitted.settings), beside=(), seed=fitted.file.made_by.seed
        ),
        root=root,
        exams=tuple(
            exam_row({str(k): v for k, v in r.items()}, cases, root) for r in wanted.to_dict("records")
        ),
        clinical=frame,
        patient_ids={case: pid for pid, case in chosen.items()},
        end_point="" if clinical is None else clinical.end_point,
        time_unit="days" if clinical is None else clinical.time_unit,
        issues=() if clinical is None else clinical.issues,
    )


def _lean(settings: Settings) -> Settings:
    """Return the settings without the perturbed repeats, which only fitting needs."""
    features = settings.features.model_copy(update={"perturbations": 0})
    return settings.model_copy(update={"features": features})


def _processed(
    plan: Plan,
    issues: list[Issue],
    fitted: Fitted,
    source: Source,
    out: Path,
    engine: Callable[[int], Engine],
    progress: Progress,
) -> NewPatients:
    jobs = make_jobs(plan, out)
    cases = run_cases(jobs, engine(len(jobs)), progress)
    frame = base_frame(plan, cases.lesions)
    inputs = signature_inputs(plan)
    if inputs is not None and fitted.centring is not None:
        chosen = SignatureSettings.of(fitted.settings.signatures)
        scored = score_with(chosen, inputs, fitted.centring)
        frame = with_signatures(frame, signature_columns(scored))
        issues += [Issue(**i.model_dump()) for i in scored.issues]
    elif inputs is not None:
        issues.append(Issue("predict.signatures", "the model has no signatures: the expression is not used"))
    frame, origin = _from_landmark(frame, plan.study.study.outcome.time_origin, fitted, issues)
    frame = with_given(frame, source.given)
    name, visits = plan.study.preset, plan.study.study.visits
    tables = [cases.table(name, v) if name in cases.features else pd.DataFrame() for v in visits]
    defined = [t[t.notna().any(axis=1)] for t in tables]
    return NewPatients(
        ids=plan.patient_ids,
        frame=frame,
        visits=(defined[0], defined[1]),
        lesions=cases.lesions,
        notes={k: r.issues for k, r in cases.features.get(name, {}).items()},
        gaps=exam_gaps(plan, cases.failures, tables),
        issues=(*plan.issues, *issues, *_versions(fitted)),
        end_point=plan.end_point,
        time_origin=origin,
        simulated=bool(plan.study.study.truth),
    )


def _from_landmark(
    frame: pd.DataFrame, stated: str, fitted: Fitted, issues: list[Issue]
) -> tuple[pd.DataFrame, str]:
    """Return patients with times from the second visit where the model's count from there, and the origin."""
    landmark = fitted.settings.landmark
    if not landmark.use or stated.casefold() == SECOND_VISIT or not frame["time"].notna().any():
        return frame, stated
    try:
        return apply_landmark(frame, landmark)[0], SECOND_VISIT
    except CohortError as error:  # a prediction needs no times; a validation refuses these
        issues.append(Issue("predict.landmark", error.message, where=error.where))
        return frame, stated or "another time than the second visit"


def _versions(fitted: Fitted) -> list[Issue]:
    """Say when steps or the catalogue have changed since the model was made."""
    made, now = fitted.file.made_by, step_versions()
    changed = [n for n in ("lesion", "features", "delta") if made.steps.get(n, now[n]) != now[n]]
    changed += ["feature catalogue"] if made.catalogue != catalogue_hash() else []
    if not changed:
        return []
    text = f"changed since kinephen {made.kinephen} made the model: {', '.join(changed)}; features may differ"
    return [Issue("predict.other_version", text, where="model")]
