"""What follows from the numbers that the article prints, and where they disagree among themselves."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import special

from kinephen.core.p_values import format_p, p_text
from kinephen.reproduce.claims import Claim
from kinephen.reproduce.found import Found
from kinephen.stats.agreement import ConfusionMatrix, confusion_from_counts
from kinephen.stats.association import chi_square_test
from kinephen.stats.fisher import fisher_exact
from kinephen.survival.results import chi_square_p

# Table 1, Results: patients and recurrences by phenotype; Table 3, Discussion: MammaPrint low risk.
PHENOTYPES = np.array([[51, 7], [21, 21]])
LOW_RISK, LOW_RISK_EVENTS, EVENTS, PATIENTS = 7, 2, 28, 100
CHEMOTHERAPY = np.array([[1, 0], [62, 24], [8, 3], [1, 1]])
HERCEPTIN = np.array([[8, 3], [64, 25]])
RADIATION = np.array([[58, 19], [14, 9]])
# Table 4: p as printed with half a unit of its last digit, and degrees of freedom of each likelihood ratio.
LIKELIHOOD_RATIOS = {
    "m1": (0.7, 0.05, 3),
    "m1_m2": (0.005, 0.0005, 1),
    "m2_m3": (0.13, 0.005, 3),
    "m2_m4": (0.01, 0.005, 1),
    "m3_m5": (0.002, 0.0005, 1),
}
FTV2_BELOW, STRATUM = 51, 100
CITED_FIGURE, CONFUSION_FIGURE = 7, 5
C_STATISTICS = {"m1": 0.55, "m2": 0.67, "m3": 0.61, "m4": 0.73, "m5": 0.79}
UNIVARIABLE_INTERVALS = ((0.57, 0.69), (0.55, 0.68), (0.56, 0.64))
MODEL_INTERVALS = ((0.55, 0.56), (0.66, 0.68), (0.59, 0.62), (0.72, 0.74), (0.78, 0.81))


def printed_quantities() -> dict[str, Found]:
    """Return quantities that printed counts alone determine."""
    chi = chi_square_test(PHENOTYPES)
    phenotype, gene70 = _matrices()
    rates = PHENOTYPES[:, 1] / PHENOTYPES.sum(axis=1)
    counts = "from the printed counts (58 and 42 patients, 7 and 21 recurrences)"
    return {
        "printed.bonferroni_7": _printed(0.05 / 7, "0.05 over seven comparisons"),
        "printed.bonferroni_6": _printed(0.05 / 6, "0.05 over six comparisons"),
        "recurrence.p": _printed(chi.p, f"chi-square {counts}", shown=p_text(chi.p)),
        "recurrence.more": Found(
            bool(rates[1] > rates[0]), "printed numbers", f"{rates[0]:.0%} and {rates[1]:.0%}", note=counts
        ),
        "printed.fisher_chemo": _p(fisher_exact(CHEMOTHERAPY).p, "Fisher's exact test of the printed counts"),
        "printed.fisher_herceptin": _p(
            fisher_exact(HERCEPTIN).p, "Fisher's exact test of the printed counts"
        ),
        "printed.p_radiation": _radiation(),
        "printed.age_gap": Found(8.0, "printed numbers", "8 years apart", note="50 and 42 years"),
        "confusion.against_gene70": Found(
            bool(
                phenotype.ppv.estimate > gene70.ppv.estimate and phenotype.npv.estimate > gene70.npv.estimate
            ),
            "printed numbers",
            f"PPV {phenotype.ppv.estimate:.2f} against {gene70.ppv.estimate:.2f}, "
            f"NPV {phenotype.npv.estimate:.2f} against {gene70.npv.estimate:.2f}",
            note="from the printed counts; with 7 patients at low risk the NPV of MammaPrint is hardly known "
            f"(95 % {gene70.npv.wilson_lower:.2f} to {gene70.npv.wilson_upper:.2f})",
        ),
    }


def agreement(claim: Claim) -> tuple[bool, str] | None:
    """Return whether a claim agrees with the article's other numbers, and the sentence; None if unchecked."""
    shares = _share(claim)
    if shares is not None and not shares[0]:
        return shares
    if claim.agrees:
        return CHECKS[claim.agrees]()
    return shares


def _share(claim: Claim) -> tuple[bool, str] | None:
    if not claim.share:
        return None
    n, of, percent = claim.share
    exact = 100 * n / of
    digits = 1 if percent != int(percent) else 0
    good = abs(exact - percent) <= 0.5 * 10.0**-digits + 1e-9
    text = f"{n:g} of {of:g} is {exact:.{digits}f} %"
    return good, text if good else f"{text}, not {percent:g} %: count and percentage cannot both stand"


def _sum(parts: tuple[int, ...], whole: int, what: str) -> Callable[[], tuple[bool, str]]:
    def check() -> tuple[bool, str]:
        total = sum(parts)
        terms = " + ".join(str(p) for p in parts)
        if total == whole:
            return True, f"{terms} = {whole} {what}"
        return False, f"{terms} = {total}, not {whole} {what}"

    return check


def _p_of_rise() -> tuple[bool, str]:
    p, low, high = _gain_p()
    return False, (
        "the printed p belongs to model 5 (C 0.79) against model 3 (C 0.61). For 0.73 to 0.79, model 5 "
        f"against model 4, likelihood ratios add up to p about {p:.2f} ({low:.2f} to {high:.2f} within the "
        "rounding)"
    )


def _gain_p() -> tuple[float, float, float]:
    """Return p of model 5 against model 4: LR(3v2) + LR(5v3) - LR(4v2) on 3 df, and its range by rounding."""
    middle = _ratio("m2_m3") + _ratio("m3_m5") - _ratio("m2_m4")
    least = _ratio("m2_m3", 1) + _ratio("m3_m5", 1) - _ratio("m2_m4", -1)
    most = _ratio("m2_m3", -1) + _ratio("m3_m5", -1) - _ratio("m2_m4", 1)
    return chi_square_p(middle, 3), chi_square_p(most, 3), chi_square_p(least, 3)


def _ratio(name: str, side: int = 0) -> float:
    """Return the likelihood ratio behind a printed p; `side` 1 for the largest p that rounds to it, -1."""
    p, half, df = LIKELIHOOD_RATIOS[name]
    return float(special.chdtri(df, min(p + side * half, 1.0)))


def _overall(steps: tuple[str, ...], low: float, high: float, words: str) -> Callable[[], tuple[bool, str]]:
    """Check p against no covariates: likelihood ratios of nested models on the same patients add up."""

    def check() -> tuple[bool, str]:
        df = sum(LIKELIHOOD_RATIOS[s][2] for s in steps)
        smallest, largest = (chi_square_p(sum(_ratio(s, side) for s in steps), df) for side in (-1, 1))
        text = f"the printed p of the nested models add up to p {smallest:.2g} to {largest:.2g} on {df} df"
        good = smallest < high and largest >= low
        return good, text if good else f"{text}, not {words}"

    return check


def _one_kind() -> tuple[bool, str]:
    single = [(b - a) / 2 for a, b in UNIVARIABLE_INTERVALS]
    models = [(b - a) / 2 for a, b in MODEL_INTERVALS]
    return min(single) < 2 * max(models), (
        f"half-widths are {min(single):.2f} to {max(single):.3g} for single signatures and "
        f"{min(models):.3f} to {max(models):.3f} for models 1 to 5 on the same patients and events: "
        "they cannot be of one kind"
    )


def _c_before() -> tuple[bool, str]:
    holder = next(name for name, c in C_STATISTICS.items() if c == 0.73)
    return holder == "m3", (
        f"0.73 is the C of model {holder[1]}, which holds the phenotype and no signature; the model with "
        f"signatures and without the phenotype is model 3, printed as {C_STATISTICS['m3']:.2f}"
    )


def _less_than_median() -> tuple[bool, str]:
    return FTV2_BELOW <= PATIENTS // 2, (
        f"at most half of {PATIENTS} patients can lie below their own median; {FTV2_BELOW} fits only "
        "'at or below' with ties"
    )


def _stratum() -> tuple[bool, str]:
    return STRATUM < PATIENTS, "one half of a split at the median cannot hold all 100 patients"


def _figure_place() -> tuple[bool, str]:
    return CITED_FIGURE == CONFUSION_FIGURE, (
        f"the confusion matrices are Fig. {CONFUSION_FIGURE}; Fig. {CITED_FIGURE} shows the two patients"
    )


def _matrices() -> tuple[ConfusionMatrix, ConfusionMatrix]:
    fn, tp = int(PHENOTYPES[0, 1]), int(PHENOTYPES[1, 1])
    high = PATIENTS - LOW_RISK
    high_events = EVENTS - LOW_RISK_EVENTS
    return (
        confusion_from_counts(tp, int(PHENOTYPES[1, 0]), fn, int(PHENOTYPES[0, 0])),
        confusion_from_counts(high_events, high - high_events, LOW_RISK_EVENTS, LOW_RISK - LOW_RISK_EVENTS),
    )


def _radiation() -> Found:
    exact, chi = fisher_exact(RADIATION).p, chi_square_test(RADIATION, yates=True).p
    return Found(
        exact,
        "printed numbers",
        p_text(exact),
        note="Fisher's exact test of the printed counts; chi-square with continuity correction "
        f"{format_p(chi)}",
    )


def _printed(value: float, note: str, shown: str = "") -> Found:
    return Found(value, "printed numbers", shown, note=note)


def _p(value: float, note: str) -> Found:
    return Found(value, "printed numbers", p_text(value), note=note)


CHECKS: dict[str, Callable[[], tuple[bool, str]]] = {
    "c_before": _c_before,
    "p_of_rise": _p_of_rise,
    "sum_143": _sum((100, 43), 143, "patients"),
    "sum_92": _sum((43, 49), 92, "patients"),
    "sum_92_events": _sum((27, 65), 92, "patients"),
    "sum_100": _sum((28, 72), 100, "patients"),
    "sum_phenotypes": _sum((58, 42), 100, "patients"),
    "sum_gene70": _sum((7, 93), 100, "patients"),
    "sum_p53": _sum((46, 54), 100, "patients"),
    "sum_ror": _sum((31, 31, 38), 100, "patients"),
    "sum_ftv2": _sum((51, 49), 100, "patients"),
    "sum_subtypes": _sum((38, 34, 26), 100, "patients"),
    "sum_table2": _sum(tuple(int(v) for v in CHEMOTHERAPY.sum(axis=1)), 100, "patients in the four regimens"),
    "her2_total": _sum((23, 11), 34, "HER2 positive patients of Table 1"),
    "models_8": _sum((3, 1, 1, 1, 2), 8, "models in the list of the text"),
    "product_416": lambda: (104 * 4 == 416, "104 features x 4 maps = 416"),
    "lrt_text_table": lambda: (True, "text (< 0.01) and Table 4 (0.002) agree"),
    "km_text_legend": lambda: (True, "text (< 0.01) and legend (0.002) agree"),
    "lr_m2": _overall(("m1", "m1_m2"), 0.055, 0.065, "0.06"),
    "lr_m3": _overall(("m1", "m1_m2", "m2_m3"), 0.0, 0.05, "below 0.05"),
    "lr_m4": _overall(("m1", "m1_m2", "m2_m4"), 0.0, 0.01, "below 0.01"),
    "lr_m5": _overall(("m1", "m1_m2", "m2_m3", "m3_m5"), 0.0, 0.001, "below 0.001"),
    "one_kind_of_interval": _one_kind,
    "less_than_median": _less_than_median,
    "stratum_of_all": _stratum,
    "confusion_figure": _figure_place,
}
