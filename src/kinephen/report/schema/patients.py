"""One row a patient."""

from __future__ import annotations

from pydantic import Field, model_validator

from kinephen.core.plain import plain_fields
from kinephen.report.schema.base import Cell, Column, Model, Pseudonym, Sha256, Text


class Patient(Model):
    """What the report shows of one patient.

    Parameters
    ----------
    id : str
        Study pseudonym.
    cohort : str
    phenotype : str, optional
        None when none was assigned.
    distance : float, optional
        To the centroid of their phenotype, in component units.
    margin : float, optional
        Distance to the next centroid minus `distance`; near 0 means that they lie between two.
    risk : float, optional
        Linear predictor of the model that the report names.
    ftv1, ftv2 : float, optional
        Functional tumour volume at the first and second visit, cm3.
    time : float, optional
        Follow-up, in the study's time unit.
    event, pcr : bool, optional
    warnings : tuple of str
    reasons : dict of str to str
        For each field that is None, why.
    extra : dict of str to Cell
        Further cells; `Report.patients_columns` describes them.
    page : str
        Name of their own page, ``patients/<page>.html``, which holds no id of the study; empty for none.
    detail : str, optional
        SHA-256 of what their page shows beyond this, ``assets/<detail>.json``.
    """

    id: Pseudonym
    cohort: Text
    phenotype: Text | None = None
    distance: float | None = None
    margin: float | None = None
    risk: float | None = None
    ftv1: float | None = Field(default=None, ge=0)
    ftv2: float | None = Field(default=None, ge=0)
    time: float | None = None
    event: bool | None = None
    pcr: bool | None = None
    warnings: tuple[Text, ...] = ()
    reasons: dict[str, Text] = Field(default_factory=dict)
    extra: dict[str, Cell] = Field(default_factory=dict)
    page: str = Field(default="", pattern=r"^([a-z0-9][a-z0-9-]{0,63})?$")
    detail: Sha256 | None = None

    @model_validator(mode="before")
    @classmethod
    def _plain_values(cls, data: object) -> object:
        if not isinstance(data, dict):
            return data
        # Reports of earlier versions have a list of thumbnails, which was always empty.
        known = {k: v for k, v in data.items() if k != "thumbnails"}
        return {k: v if k == "extra" else plain_fields(v) for k, v in known.items()}


def patients_columns(time_unit: str, risk_model: str = "") -> tuple[Column, ...]:
    """Return the columns that every patients' table has, without the further ones.

    Parameters
    ----------
    time_unit : str
    risk_model : str
        Title of the Cox model whose linear predictor is the risk score, for example ``"Model 2: ..."``.
    """
    short = f" ({risk_model.split(':')[0].lower()})" if risk_model else ""
    return (
        Column(key="id", label="Patient", description="Study pseudonym"),
        Column(key="cohort", label="Cohort"),
        Column(key="phenotype", label="Phenotype"),
        Column(key="distance", label="Distance", format="f2", description="To their phenotype's centroid"),
        Column(
            key="margin", label="Margin", format="f2", description="How much farther the next centroid is"
        ),
        Column(
            key="risk",
            label=f"Risk score{short}",
            format="f2",
            description=f"Linear predictor of {risk_model or 'a Cox model'}",
        ),
        Column(key="ftv1", label="FTV, first visit", unit="cm³", format="f1"),
        Column(key="ftv2", label="FTV, second visit", unit="cm³", format="f1"),
        Column(key="time", label="Follow-up", unit=time_unit, format="sig3"),
        Column(key="event", label="Event", format="bool"),
        Column(key="pcr", label="pCR", format="bool", description="Pathologic complete response"),
    )
