"""Settings of the phenotype step, as plain frozen records whose fields are named as in a study file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import TypeAlias, TypeVar, get_args

from kinephen.core.options import (
    CovarianceChoice,
    Gaps,
    KRule,
    Linkage,
    MaskOnlyCopies,
    OrderRule,
    SignRule,
    SkewnessType,
    SplitLabels,
)
from kinephen.errors import ConfigError
from kinephen.phenotype.trees import METHODS

K_RULES = get_args(KRule)
Plain: TypeAlias = bool | int | float | str | None
"""A setting as a file holds it."""


@dataclass(frozen=True)
class FilterSettings:
    """Which delta features are kept; see `kinephen.phenotype.filters.filter_features`.

    `gaps` says what gives way where values are undefined: ``"least"``, patient or feature, whichever costs
    the table less (`kinephen.phenotype.gaps`), or ``"features"``, always the feature.
    """

    skewness_type: SkewnessType = 1
    skewness_limit: float = 5.0
    skewness_absolute: bool = True
    iqr_limit: float | None = None
    drop_duplicates: bool = True
    mask_only_copies: MaskOnlyCopies = "one"
    icc_limit: float | None = None
    gaps: Gaps = "least"

    def __post_init__(self) -> None:
        _one_of("filters.skewness_type", self.skewness_type, (1, 2, 3))
        _one_of("filters.gaps", self.gaps, ("least", "features"))
        _one_of("filters.mask_only_copies", self.mask_only_copies, ("keep", "one"))
        _between("filters.skewness_limit", self.skewness_limit, 0.0, float("inf"))
        if self.iqr_limit is not None:
            _between("filters.iqr_limit", self.iqr_limit, 0.0, float("inf"))
        if self.icc_limit is not None:
            _between("filters.icc_limit", self.icc_limit, 0.0, 1.0)


@dataclass(frozen=True)
class ClusterSettings:
    """Consensus clustering and the choice of k.

    Parameters
    ----------
    linkage : {"average", "complete", "single", "ward"}
    k_rule : str
        ``"null_pac"``: ambiguity against Gaussian reference sets, which can answer k = 1; ``"combined"``: the
        larger of that, at a p that allows for the choice of k, and of the groups that significant splits of
        the Ward tree give (feature groups have no such test);
        ``"last_gain"``: last k whose area under the CDF gained at least 10 %; ``"first_below"``: the first k
        that gained less; ``"first_below_shifted"``: the same on the shifted gains.
    k_max, resamples, fraction : int, int, float
    null_sets, null_resamples : int
        Reference sets, and subsets of each.
    fixed_k : int, optional
        Number of clusters set by hand.
    order : {"signed_features", "component_mean"}
        What puts phenotypes in order (see `kinephen.phenotype.order`); feature groups have none.
    """

    linkage: Linkage = "ward"
    k_rule: KRule = "null_pac"
    k_max: int = 10
    resamples: int = 1000
    fraction: float = 0.8
    null_sets: int = 50
    null_resamples: int = 100
    fixed_k: int | None = None
    order: OrderRule = "signed_features"

    def __post_init__(self) -> None:
        _one_of("order", self.order, ("signed_features", "component_mean"))
        _one_of("linkage", self.linkage, tuple(METHODS))
        _one_of("k_rule", self.k_rule, K_RULES)
        _whole("k_max", self.k_max, 2, 50)
        _whole("resamples", self.resamples, 2, 1_000_000)
        _whole("null_sets", self.null_sets, 5, 100_000)
        _whole("null_resamples", self.null_resamples, 2, 1_000_000)
        _between("fraction", self.fraction, 0.0, 1.0)
        if self.fixed_k is not None:
            _whole("fixed_k", self.fixed_k, 1, 50)


@dataclass(frozen=True)
class ComponentSettings:
    """Principal components of each feature group."""

    variance: float = 0.85
    sign_rule: SignRule = "sum_of_loadings"

    def __post_init__(self) -> None:
        _between("components.variance", self.variance, 0.0, 1.0)
        _one_of("components.sign_rule", self.sign_rule, ("sum_of_loadings", "largest_loading"))


@dataclass(frozen=True)
class SigClustSettings:
    """Significance of splits; ``"auto"`` is `sample` for fewer components than n / 5, else `soft`."""

    covariance: CovarianceChoice = "auto"
    labels: SplitLabels = "two_means"
    simulations: int = 1000
    shc: bool = True
    alpha: float = 0.05

    def __post_init__(self) -> None:
        _one_of("sigclust.covariance", self.covariance, ("sample", "soft", "hard", "auto"))
        _one_of("sigclust.labels", self.labels, ("two_means", "given"))
        _whole("sigclust.simulations", self.simulations, 2, 10_000_000)
        _between("sigclust.alpha", self.alpha, 0.0, 1.0)


@dataclass(frozen=True)
class PhenotypeSettings:
    """All settings from delta features to phenotypes; the defaults are the preset ``recommended``."""

    filters: FilterSettings = field(default_factory=FilterSettings)
    groups: ClusterSettings = field(default_factory=lambda: ClusterSettings(linkage="average"))
    components: ComponentSettings = field(default_factory=ComponentSettings)
    tumours: ClusterSettings = field(default_factory=ClusterSettings)
    sigclust: SigClustSettings = field(default_factory=SigClustSettings)

    @classmethod
    def from_plain(cls, plain: Mapping[str, Mapping[str, Plain]]) -> PhenotypeSettings:
        """Return the settings of nested mappings such as ``{"filters": {"iqr_limit": 1.0}}``.

        Absent keys keep the defaults.

        Raises
        ------
        ConfigError
            Unknown section or key, or a value of the wrong type or out of range.
        """
        base = cls()
        unknown = sorted(set(plain) - {f.name for f in fields(cls)})
        if unknown:
            raise ConfigError(
                f"unknown section {unknown[0]!r}", code="config.key", where="phenotype settings"
            )
        return cls(
            **{f.name: _section(f.name, getattr(base, f.name), plain.get(f.name, {})) for f in fields(cls)}
        )

    def to_plain(self) -> dict[str, dict[str, Plain]]:
        """Return nested plain mappings, the inverse of `from_plain`."""
        return asdict(self)


S = TypeVar("S")


def _section(name: str, base: S, changes: Mapping[str, Plain]) -> S:
    if not isinstance(changes, Mapping):
        raise ConfigError(f"[{name}] must hold keys and values", code="config.value", where=name)
    known = {f.name for f in fields(base)}  # type: ignore[arg-type]
    unknown = sorted(set(changes) - known)
    if unknown:
        raise ConfigError(
            f"unknown key {unknown[0]!r}",
            code="config.key",
            where=name,
            hint=f"one of {', '.join(sorted(known))}",
        )
    return replace(base, **changes)  # type: ignore[type-var]


def _one_of(name: str, value: object, allowed: tuple[object, ...]) -> None:
    if isinstance(value, bool) or value not in allowed:
        expected = ", ".join(str(a) for a in allowed)
        raise ConfigError(f"found {value!r}, expected one of {expected}", code="config.value", where=name)


def _between(name: str, value: object, low: float, high: float) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not low < value < high:
        text = f"found {value!r}, expected a number between {low:g} and {high:g}"
        raise ConfigError(text, code="config.value", where=name)


def _whole(name: str, value: object, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        text = f"found {value!r}, expected a whole number from {low} to {high}"
        raise ConfigError(text, code="config.value", where=name)
