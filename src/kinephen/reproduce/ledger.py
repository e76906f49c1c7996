"""The ledger: every claim of the article, what is published, what we find, verdict and reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from kinephen.reproduce.claims import Article, Claim
from kinephen.reproduce.found import Found, Quantities
from kinephen.reproduce.made import Made
from kinephen.reproduce.printed import agreement
from kinephen.reproduce.verdicts import VERDICTS, Verdict, compare, tolerance
from kinephen.study.public_cohorts import FlowBox


@dataclass(frozen=True)
class Row:
    """One claim with its verdict.

    Parameters
    ----------
    id, place, claim, published : str
    ours : str
        Empty where nothing could be computed.
    verdict : str
    reason : str
    basis : str
        What ours was computed from.
    tolerance : str
    """

    id: str
    place: str
    claim: str
    published: str
    ours: str
    verdict: Verdict
    reason: str
    basis: str
    tolerance: str

    def to_dict(self) -> dict[str, str]:
        """Return plain fields."""
        return dict(self.__dict__)


@dataclass(frozen=True)
class Ledger:
    """The whole ledger.

    Parameters
    ----------
    article : Article
    rows : tuple of Row
    given, missing : tuple of str
        What was given, and what is missing with how to supply it.
    flow : tuple of FlowBox
    made : tuple of Made
        The article's tables and figures, each with where ours stands or why there is none.
    simulated : bool
    seed : int
    """

    article: Article
    rows: tuple[Row, ...]
    given: tuple[str, ...]
    missing: tuple[str, ...]
    flow: tuple[FlowBox, ...]
    made: tuple[Made, ...]
    simulated: bool
    seed: int

    @property
    def counts(self) -> dict[str, int]:
        """Rows by verdict, in a fixed order, without those that do not occur."""
        found = Counter(row.verdict for row in self.rows)
        return {v: found[v] for v in VERDICTS if found[v]}

    def to_dict(self) -> dict[str, object]:
        """Return the ledger as plain data; written as ``ledger.json``."""
        return {
            "schema_version": 1,
            "article": {k: getattr(self.article, k) for k in ("title", "citation", "doi")},
            "simulated": self.simulated,
            "seed": self.seed,
            "given": list(self.given),
            "missing": list(self.missing),
            "counts": self.counts,
            "flow": [
                {"key": b.key, "label": b.label, "n": b.n, "parent": b.parent, "left": dict(b.left)}
                for b in self.flow
            ],
            "made": [{"item": m.item, "path": m.path, "note": m.note} for m in self.made],
            "rows": [row.to_dict() for row in self.rows],
        }


def judge_all(article: Article, sources: Sequence[Quantities], *, simulated: bool) -> tuple[Row, ...]:
    """Return one row for every claim.

    Parameters
    ----------
    article : Article
    sources : sequence of mappings of str to Found
        In order of preference: the first that defines a quantity answers; a stand-in only if no other does.
    simulated : bool
        The run in `sources` is of a simulated trial: its values are shown and not compared.
    """
    return tuple(_judge(place, claim, article, sources, simulated) for place, claim in article.claims())


def _judge(place: str, claim: Claim, article: Article, sources: Sequence[Quantities], simulated: bool) -> Row:
    found = _choose(claim.quantity, sources)
    checked = agreement(claim)
    verdict, reason = _verdict(claim, found, checked, article, simulated)
    return Row(
        id=claim.id,
        place=place,
        claim=claim.says,
        published=claim.printed,
        ours="" if found is None or found.value is None else found.text,
        verdict=verdict,
        reason=reason,
        basis="printed numbers" if found is None and checked is not None else found.basis if found else "",
        tolerance=tolerance(claim),
    )


def _choose(quantity: str, sources: Sequence[Quantities]) -> Found | None:
    """Return the best answer: defined before undefined, and a stand-in last."""
    answers = [s[quantity] for s in sources if quantity in s]
    ranked = sorted(answers, key=lambda f: (f.value is None, f.basis == "stand-in"))
    return ranked[0] if ranked else None


def _verdict(
    claim: Claim,
    found: Found | None,
    checked: tuple[bool, str] | None,
    article: Article,
    simulated: bool,
) -> tuple[Verdict, str]:
    if checked is not None and not checked[0]:
        return "internally inconsistent", checked[1]
    agrees = f"; printed numbers agree ({checked[1]})" if checked is not None else ""
    needs = article.needs.get(claim.needs, "")
    if found is None or found.value is None:
        why = f"undefined: {found.note}" if found is not None else ""
        return "not checkable", _sentence(why, needs, agrees.removeprefix("; "))
    if found.basis == "stand-in":
        return "not checkable", _sentence(f"ours is a stand-in: {found.note}", needs, agrees[2:])
    if found.basis == "run" and simulated:
        return "simulated: not comparable", _sentence("value of a simulated trial", found.note, agrees[2:])
    if claim.rule == "none":
        return "not checkable", _sentence("shown beside, no rule compares the two", found.note, needs)
    verdict, reason = compare(claim, found)
    return verdict, _sentence(reason, found.note, agrees[2:])


def _sentence(*parts: str) -> str:
    return "; ".join(p for p in parts if p) or "nothing to compare with"
