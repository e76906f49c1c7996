"""Who the patients are: characteristics, treatment, molecular classes, and those who are not analysed."""

from __future__ import annotations

from kinephen.records.base import Number, Record
from kinephen.records.statistics import ShareRecord


class CovariateTest(Record):
    """Test of one covariate between groups.

    Parameters
    ----------
    test : str
        Name; empty where none is possible.
    p : float, optional
        None with a ``reason``.
    reason : str
    """

    test: str = ""
    p: Number = None
    reason: str = ""


class RangeRecord(Record):
    """Mean and range; None where nothing is known."""

    mean: Number
    low: Number
    high: Number


class BinaryCharacteristic(Record):
    """Who has a characteristic, among those in whom it is known, without and with the event.

    A side without patients is None.
    """

    label: str
    no_event: ShareRecord | None
    event: ShareRecord | None
    test: CovariateTest


class CharacteristicsRecord(Record):
    """Patients without and with the event: number, receptors and response, age in years."""

    no_event: int
    event: int
    binary: tuple[BinaryCharacteristic, ...]
    age_no_event: RangeRecord | None = None
    age_event: RangeRecord | None = None

    @property
    def n(self) -> int:
        """All patients."""
        return self.no_event + self.event


class TreatmentRecord(Record):
    """Who had one treatment (or one category of it), without and with the event; its test over categories."""

    label: str
    no_event: ShareRecord | None
    event: ShareRecord | None
    test: CovariateTest


class ClassCounts(Record):
    """How many patients are in each class of a signature."""

    label: str
    counts: dict[str, int]

    @property
    def n(self) -> int:
        """Patients with a class."""
        return sum(self.counts.values())


class LeftOutBinary(Record):
    """Share of the patients left out who have a characteristic, and its test against those analysed."""

    n: int
    of: int
    test: CovariateTest


class LeftOutTreatment(Record):
    """Treatments of the patients left out by value, and their test against those analysed."""

    counts: dict[str, int]
    of: int
    test: CovariateTest


class LeftOutAge(RangeRecord):
    """Age of the patients left out, and its test against those analysed."""

    test: CovariateTest


class LeftOutRecord(Record):
    """The patients of the clinical table who are not analysed, beside those who are.

    Parameters
    ----------
    n, analysed : int
    reasons : dict of str to int
        Why, with the number of patients.
    event : ShareRecord, optional
        With the event, among those left out whose outcome is known.
    binary : dict of str to LeftOutBinary
    treatment : dict of str to LeftOutTreatment
        Both by the words of Tables 1 and 2.
    age : LeftOutAge, optional
    """

    n: int
    analysed: int
    reasons: dict[str, int]
    event: ShareRecord | None
    binary: dict[str, LeftOutBinary]
    treatment: dict[str, LeftOutTreatment]
    age: LeftOutAge | None


class DescriptionRecord(Record):
    """The discovery cohort; of the validation cohort its characteristics, where there is one."""

    left_out: LeftOutRecord
    characteristics: CharacteristicsRecord
    treatment: tuple[TreatmentRecord, ...]
    molecular: tuple[ClassCounts, ...]
    validation: CharacteristicsRecord | None = None
