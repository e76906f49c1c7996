"""One patient of the trial: everything that is planted about them, drawn from streams of their own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinephen.core.streams import stream
from kinephen.molecular.signature import Signature
from kinephen.simulate.molecular import MolecularClass, draw_molecular
from kinephen.simulate.outcome import Outcome, draw_outcome, hazard_terms, linear_predictor
from kinephen.simulate.scanner import Vendor
from kinephen.simulate.settings import TrialSettings, VendorShares
from kinephen.simulate.tumour import LesionState, Phenotype, draw_baseline, draw_change, evolve
from kinephen.types import Rng

VENDORS: tuple[Vendor, ...] = ("ge", "siemens", "philips")
SITES: dict[Vendor, tuple[str, ...]] = {
    "ge": ("SITE A", "SITE B", "SITE C"),
    "siemens": ("SITE D", "SITE E"),
    "philips": ("SITE F",),
}
TRASTUZUMAB_GIVEN_HER2 = 0.3
RADIATION = 0.75
UNKNOWN_RECEPTOR = 0.01

# Logistic model of pCR: intercept, increasing phenotype, HER2, ER, ln of the change of viable volume.
PCR_MODEL = {"intercept": -1.0, "increasing": -0.9, "her2": 0.7, "er": -0.8, "log_volume_change": -0.8}


@dataclass(frozen=True)
class Patient:
    """A simulated patient and their truth."""

    patient_id: str
    cohort: str
    vendor: Vendor
    site: str
    laterality: str
    age_years: float
    phenotype: Phenotype
    change: float
    first: LesionState
    second: LesionState
    molecular: MolecularClass
    arm: str
    trastuzumab: bool
    radiation: bool
    pcr_probability: float
    pcr: bool
    unknown_receptor: str
    hazard_terms: dict[str, float]
    outcome: Outcome
    baseline_day: int
    interval_days: int

    @property
    def visits(self) -> dict[str, LesionState]:
        """The lesion by visit."""
        return {"T1": self.first, "T2": self.second}


def simulate_patient(
    settings: TrialSettings, *, number: int, cohort: str, seed: int, pam50: Signature
) -> Patient:
    """Draw one patient.

    Parameters
    ----------
    settings : TrialSettings
    number : int
        1 .. size of the cohort. Their streams depend on cohort and number alone, so the first patients stay
        the same when a cohort grows.
    cohort : {"discovery", "validation"}
    seed : int
    pam50 : Signature
    """
    patient_id = f"SIM-{cohort[0].upper()}{number:04d}"
    person = stream(seed, patient_id, "person")
    age = float(np.round(np.clip(person.normal(48.0, 9.0), 26.0, 69.0), 1))
    shares = settings.vendors if cohort == "discovery" else settings.validation_vendors
    vendor = draw_vendor(person, shares)
    site = SITES[vendor][int(person.integers(len(SITES[vendor])))]
    molecular = draw_molecular(stream(seed, patient_id, "molecular"), pam50)
    increasing, change, first, second = _tumour(settings, stream(seed, patient_id, "tumour"))
    care = stream(seed, patient_id, "care")
    pcr_probability = _pcr_probability(increasing, molecular, first, second)
    pcr = bool(care.random() < pcr_probability)
    terms = hazard_terms(
        increasing=increasing,
        ftv2_cc=second.viable_cc,
        ror_s=molecular.ror_s,
        p53_mutant=molecular.p53 == "mutant",
        age_years=age,
        pcr=pcr,
    )
    predictor = linear_predictor(terms, settings.outcome)
    return Patient(
        patient_id=patient_id,
        cohort=cohort,
        vendor=vendor,
        site=site,
        laterality="LR"[int(person.integers(2))],
        age_years=age,
        phenotype="increasing" if increasing else "decreasing",
        change=change,
        first=first,
        second=second,
        molecular=molecular,
        arm="AC+T" if care.random() < 0.9 else "AC",
        trastuzumab=bool(molecular.her2 and care.random() < TRASTUZUMAB_GIVEN_HER2),
        radiation=bool(care.random() < RADIATION),
        pcr_probability=pcr_probability,
        pcr=pcr,
        unknown_receptor=_unknown(care),
        hazard_terms=terms,
        outcome=draw_outcome(
            stream(seed, patient_id, "outcome"),
            predictor,
            settings.outcome,
            other=stream(seed, patient_id, "other death"),
        ),
        baseline_day=int(care.integers(0, 900)),
        interval_days=int(np.clip(round(care.normal(22, 6)), 7, 45)),
    )


def draw_vendor(rng: Rng, shares: VendorShares) -> Vendor:
    """Draw a scanner's maker by the given shares."""
    weights = np.array([shares.ge, shares.siemens, shares.philips])
    return VENDORS[int(rng.choice(3, p=weights / weights.sum()))]


def _tumour(settings: TrialSettings, rng: Rng) -> tuple[bool, float, LesionState, LesionState]:
    plan = settings.phenotype
    increasing = bool(rng.random() < plan.increasing_share)
    first = draw_baseline(rng)
    change = draw_change(rng, increasing=increasing, separation=plan.separation, spread=plan.spread)
    return increasing, change, first, evolve(first, change, rng)


def _pcr_probability(
    increasing: bool, molecular: MolecularClass, first: LesionState, second: LesionState
) -> float:
    logit = (
        PCR_MODEL["intercept"]
        + PCR_MODEL["increasing"] * increasing
        + PCR_MODEL["her2"] * molecular.her2
        + PCR_MODEL["er"] * molecular.er
        + PCR_MODEL["log_volume_change"] * float(np.log(second.viable_cc / first.viable_cc))
    )
    return float(1.0 / (1.0 + np.exp(-logit)))


def _unknown(rng: Rng) -> str:
    """Return the receptor whose result is missing in the clinical table, or an empty text."""
    names = ("er", "pgr", "her2")
    which = int(rng.integers(3))
    return names[which] if rng.random() < UNKNOWN_RECEPTOR * 3 else ""
