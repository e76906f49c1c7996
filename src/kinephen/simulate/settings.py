"""What can be chosen about a simulated trial; every value ends up in ``truth.json``."""

from __future__ import annotations

import math
from difflib import get_close_matches

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from kinephen.errors import ConfigError


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ImageSettings(_Section):
    """Grid and imperfections of the images."""

    matrix: int = Field(default=96, ge=24, le=512, description="rows and columns")
    slices: int = Field(default=24, ge=6, le=256)
    field_of_view_mm: float = Field(default=144.0, gt=0, description="in plane, rows and columns")
    coverage_mm: float = Field(default=72.0, gt=0, description="through plane, all slices")
    noise: float = Field(
        default=0.015, ge=0, le=0.5, description="noise SD per channel / signal of gland before contrast"
    )
    bias: float = Field(default=0.12, ge=0, le=1, description="amplitude of the receive field's exponent")
    motion_mm: float = Field(
        default=0.12, ge=0, le=5, description="SD of the shift of each later phase, each axis"
    )
    day_shift_mm: float = Field(
        default=3.0, ge=0, le=15, description="SD of the shift between visits, each axis"
    )


class PhenotypeSettings(_Section):
    """The two planted groups of change between T1 and T2."""

    increasing_share: float = Field(
        default=0.45, gt=0, lt=1, description="share of patients with increasing heterogeneity"
    )
    separation: float = Field(
        default=1.0,
        ge=0,
        le=4,
        description="distance of the groups in units of the default distance; 0: one group",
    )
    spread: float = Field(
        default=0.40, ge=0, le=3, description="SD of change within a group; half distance is 1"
    )


class OutcomeSettings(_Section):
    """Proportional hazards of recurrence: Weibull baseline, log hazard ratios, censoring."""

    log_hr_increasing: float = Field(
        default=math.log(4.0), description="increasing against decreasing phenotype"
    )
    log_hr_ftv2: float = Field(default=0.45, description="per unit of (ln FTV2 - 1.6) / 0.6, FTV2 in cm3")
    log_hr_ror: float = Field(default=0.35, description="per unit of (planted ROR-S - 45) / 35")
    log_hr_p53_mutant: float = Field(default=0.15)
    log_hr_age: float = Field(default=-0.10, description="per 10 years above 48")
    log_hr_pcr: float = Field(default=-0.50)
    weibull_shape: float = Field(default=1.15, gt=0)
    weibull_scale_days: float = Field(
        default=8800.0, gt=0, description="63 % quantile of a patient of linear predictor 0"
    )
    follow_up_days: tuple[float, float] = Field(
        default=(1200.0, 2700.0), description="administrative censoring, uniform"
    )
    drop_out_per_day: float = Field(
        default=1.0 / 20000.0, ge=0, description="rate of exponential random censoring"
    )
    death_share_of_drop_out: float = Field(
        default=0.7, ge=0, le=1, description="share of random drop-outs that are deaths of other causes"
    )
    death_after_recurrence_days: float = Field(default=700.0, gt=0, description="mean, exponential")

    @model_validator(mode="after")
    def _ordered(self) -> OutcomeSettings:
        if not 0 < self.follow_up_days[0] <= self.follow_up_days[1]:
            raise ValueError("follow_up_days must be two increasing positive numbers")
        return self


class MolecularSettings(_Section):
    """Gene expression."""

    share: float = Field(
        default=1.0, ge=0, le=1, description="share of patients with an array, in both cohorts"
    )
    background_genes: int = Field(default=300, ge=0, le=20000)
    signal: float = Field(default=1.0, gt=0, description="factor on the signatures' centroids")
    noise: float = Field(default=0.70, ge=0, description="SD of the noise of a gene, log2")
    offset: float = Field(
        default=2.5, ge=0, description="SD of the gene-wise offset against the reference, log2"
    )


class VendorShares(_Section):
    """Shares of scanner makers; need not sum to 1."""

    ge: float = Field(default=0.6, ge=0)
    siemens: float = Field(default=0.25, ge=0)
    philips: float = Field(default=0.15, ge=0)

    @model_validator(mode="after")
    def _some(self) -> VendorShares:
        if self.ge + self.siemens + self.philips <= 0:
            raise ValueError("at least one share must be above 0")
        return self


class TrialSettings(_Section):
    """One simulated trial."""

    patients: int = Field(default=40, ge=2, le=5000, description="discovery cohort")
    validation: int = Field(default=20, ge=0, le=5000, description="validation cohort")
    image: ImageSettings = ImageSettings()
    phenotype: PhenotypeSettings = PhenotypeSettings()
    outcome: OutcomeSettings = OutcomeSettings()
    molecular: MolecularSettings = MolecularSettings()
    vendors: VendorShares = VendorShares()
    validation_vendors: VendorShares = VendorShares(ge=0.45, siemens=0.40, philips=0.15)


def make_settings(values: dict[str, object]) -> TrialSettings:
    """Return checked settings.

    Raises
    ------
    ConfigError
        ``simulate.settings``: names each wrong field and what it must be.
    """
    try:
        return TrialSettings.model_validate(values)
    except ValidationError as error:
        lines = [_fault([str(p) for p in e["loc"]], e["type"], e["msg"], e["input"]) for e in error.errors()]
        raise ConfigError(
            "; ".join(lines),
            code="simulate.settings",
            hint="the settings in any truth.json list every key with its value",
        ) from error


def _fault(place: list[str], kind: str, message: str, found: object) -> str:
    text = f"{'.'.join(place)}: {message} (found {found!r})"
    if kind != "extra_forbidden":
        return text
    near = get_close_matches(place[-1], _keys(place[:-1]), n=1, cutoff=0.5)
    return f"{text}; did you mean {near[0]!r}?" if near else text


def _keys(section: list[str]) -> list[str]:
    """Return the keys of a section, those of the trial itself without one."""
    model: type[BaseModel] = TrialSettings
    for name in section:
        found = model.model_fields[name].annotation if name in model.model_fields else None
        if not (isinstance(found, type) and issubclass(found, BaseModel)):
            return []
        model = found
    return list(model.model_fields)
