"""Words of a patient's page, and of a prediction: what was looked at, what is shown, whom a model knew."""

from __future__ import annotations

from collections.abc import Sequence

from kinephen.core.counted import counted, noun


def nothing_found_words(analysed: int, wanted: int, unassigned: str) -> str:
    """Return what it means that a patient has no warning.

    Parameters
    ----------
    analysed, wanted : int
        Exams that were analysed, of those that the study asks for.
    unassigned : str
        Why the patient has no phenotype; empty with one.
    """
    if not analysed:
        return "No exam was analysed: no rule could look at any."
    if analysed < wanted:
        return f"Only {analysed} of {counted(wanted, 'exam')} could be looked at, and no rule found anything."
    if unassigned:
        return (
            "No rule found anything to look at in the exams; without a phenotype "
            f"({unassigned}) the distance to it was not judged."
        )
    return "No rule found anything to look at."


def apparent_words(cohort: str, fitted: bool | None) -> str:
    """Return whether a patient's risk comes from a model that was fitted to them too; empty if not.

    Parameters
    ----------
    cohort : str
    fitted : bool, optional
        Whether the patient is among those whom the Cox models were fitted to; None where it is not known.
    """
    if fitted:
        return "The Cox models were fitted to this patient too, so the risk is apparent."
    if cohort != "discovery":
        return ""
    if fitted is None:
        return "The patient is of the cohort in which the model was fitted, so the risk may be apparent."
    return "The patient is of the discovery cohort, but not among those whom the Cox models were fitted to."


def slice_words(visits: Sequence[tuple[str, bool]]) -> str:
    """Return which slices are shown.

    Parameters
    ----------
    visits : sequence of (str, bool)
        Names of those with pictures, and whether the lesion is in the slice.
    """
    gone = [name for name, seen in visits if not seen]
    scale = f"with one scale for {noun(len(visits), 'each picture', 'all visits')}"
    if len(gone) == len(visits):
        return f"No lesion was found: the middle slice of the exam, as acquired, {scale}."
    other = (
        f"; at {' and '.join(gone)}, where no lesion is left, the middle slice of the exam" if gone else ""
    )
    return f"The slice where the lesion is largest{other}. As acquired, {scale}."


def outside_words(*, flags: int, features: bool, exams: int, wanted: int) -> str:
    """Return what a patient's flags, or that there are none, leave open.

    Parameters
    ----------
    flags : int
        Flags of the patient, which stand beside.
    features : bool
        Whether features of both visits were held against those of training.
    exams, wanted : int
        Exams that were held against those of training, and visits of the model.
    """
    missing = []
    if not features:
        missing.append("features of both visits")
    if exams < wanted:
        missing.append(f"{wanted - exams} of {counted(wanted, 'exam')}" if exams else "exams")
    if not missing:
        return "" if flags else "No rule found anything outside of what the model has seen."
    left = f"Not compared with training: {' and '.join(missing)}."
    found = "In what could be compared no rule found anything outside of what the model has seen."
    return left if flags else f"{found} {left}"
