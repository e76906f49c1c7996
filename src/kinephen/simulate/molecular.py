"""Planted molecular classes of a patient: intrinsic subtype, receptors, p53 and 70-gene class."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from kinephen.molecular.correlation import similarity
from kinephen.molecular.signature import Signature
from kinephen.types import Rng


@dataclass(frozen=True)
class SubtypeRates:
    """How often a subtype occurs, and what goes with it (probabilities).

    Parameters
    ----------
    share : float
        Share of all patients; as the 149 arrays of I-SPY 1 were called.
    er, her2, p53_mutant, low_risk70 : float
    neighbour : str
        The subtype towards which profiles of this one lean.
    """

    share: float
    er: float
    her2: float
    p53_mutant: float
    low_risk70: float
    neighbour: str


SUBTYPES: Mapping[str, SubtypeRates] = MappingProxyType(
    {
        "Basal": SubtypeRates(0.32, 0.08, 0.08, 0.85, 0.00, "Her2"),
        "Her2": SubtypeRates(0.15, 0.35, 0.75, 0.65, 0.02, "LumB"),
        "LumA": SubtypeRates(0.29, 0.97, 0.12, 0.12, 0.35, "LumB"),
        "LumB": SubtypeRates(0.19, 0.95, 0.25, 0.40, 0.04, "LumA"),
        "Normal": SubtypeRates(0.05, 0.70, 0.10, 0.20, 0.25, "LumA"),
    }
)
PGR_GIVEN_ER = (0.05, 0.80)
"""Probability of progesterone receptor in ER-negative and ER-positive tumours."""
LARGEST_LEAN = 0.25


@dataclass(frozen=True)
class MolecularClass:
    """A patient's planted classes.

    Parameters
    ----------
    subtype : str
    lean : float
        Share (0 to `LARGEST_LEAN`) of the neighbouring subtype's centroid in the profile.
    er, pgr, her2 : bool
    p53 : str
        ``"mutant"`` or ``"wild-type"``.
    risk70 : str
        ``"low"`` or ``"high"``.
    ror_s : float
        Risk-of-recurrence score (0 to 100 scale, not clipped) of the profile without noise.
    """

    subtype: str
    lean: float
    er: bool
    pgr: bool
    her2: bool
    p53: str
    risk70: str
    ror_s: float

    @property
    def grade(self) -> int:
        """Histologic grade: 3 for the fast-growing subtypes, else 2."""
        return 3 if self.subtype in ("Basal", "Her2", "LumB") else 2


def draw_molecular(rng: Rng, pam50: Signature) -> MolecularClass:
    """Draw a patient's subtype and the classes that go with it."""
    names = list(SUBTYPES)
    shares = np.array([SUBTYPES[n].share for n in names])
    subtype = names[int(rng.choice(len(names), p=shares / shares.sum()))]
    rates = SUBTYPES[subtype]
    u = rng.random(6)
    er = bool(u[0] < rates.er)
    lean = float(LARGEST_LEAN * u[5])
    return MolecularClass(
        subtype=subtype,
        lean=lean,
        er=er,
        pgr=bool(u[1] < PGR_GIVEN_ER[int(er)]),
        her2=bool(u[2] < rates.her2),
        p53="mutant" if u[3] < rates.p53_mutant else "wild-type",
        risk70="low" if u[4] < rates.low_risk70 else "high",
        ror_s=_planted_ror(subtype, lean, pam50),
    )


def subtype_profile(subtype: str, lean: float, pam50: Signature) -> np.ndarray:
    """Return the planted PAM50 profile, in the order of the signature's genes."""
    own = pam50.profiles[subtype].to_numpy(dtype=np.float64)
    other = pam50.profiles[SUBTYPES[subtype].neighbour].to_numpy(dtype=np.float64)
    profile: np.ndarray = (1.0 - lean) * own + lean * other
    return profile


def _planted_ror(subtype: str, lean: float, pam50: Signature) -> float:
    model = pam50.ror["ror_s"]["parker-code"]
    profile = subtype_profile(subtype, lean, pam50)[None, :]
    rho = similarity(profile, pam50.profiles.to_numpy(dtype=np.float64), kind="spearman")[0]
    found = dict(zip(pam50.profiles.columns, rho, strict=True))
    raw = sum(weight * float(found[name]) for name, weight in model.weights.items())
    return 100.0 * (raw + 0.35) / 0.85
