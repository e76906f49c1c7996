"""The sentence of a Kaplan-Meier panel, its numbers pointed at their places."""

from __future__ import annotations

from kinephen.report.schema.figures import KMPanel
from kinephen.report.schema.summary import Sentence, StatementRef
from kinephen.report.words.outcome import ratio
from kinephen.report.words.survival import SurvivalTest, survival_words

Refs = dict[str, StatementRef]


def panel_test(panel: KMPanel) -> SurvivalTest:
    """Return the test of a panel as words need it."""
    found = panel.hazard_ratio
    return SurvivalTest(
        p=panel.p,
        events=panel.events,
        ratio=None if found is None else ratio(found.value, found.low, found.high),
        reason=panel.reason,
        permuted=panel.test.startswith("permutation"),
    )


def panel_sentence(panel: KMPanel, pointer: str, *, where: str = "") -> tuple[str, Refs]:
    """Return what a panel's test says, with the numbers that the sentence shows.

    Parameters
    ----------
    panel : KMPanel
    pointer : str
        JSON pointer to the panel.
    where : str
        Begins the sentence, for example ``"In the validation cohort, "``.
    """
    last = len(panel.curves) - 1
    text = survival_words(panel_test(panel), where=where, contrast=last == 1)
    ratio_at = f"{pointer}/hazard_ratio"
    refs: Refs = {"p": StatementRef(pointer=f"{pointer}/p", format="p")}
    refs |= {n: StatementRef(pointer=f"{ratio_at}/{n}", format="sig3") for n in ("value", "low", "high")}
    refs |= {
        name: StatementRef(pointer=f"{pointer}/curves/{i}/label", format="text")
        for name, i in (("last", last), ("first", 0))
    }
    wanted = [name for _, name in Sentence.model_construct(text=text, refs={}).pieces() if name is not None]
    return text, {name: refs[name] for name in wanted}
