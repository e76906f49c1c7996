"""What the index of the NCI Imaging Data Commons says about the two public collections; no network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import pandas as pd

from kinephen.errors import InputError, UsageError

INSTALL = "pip install 'kinephen[idc]'"
_COLUMNS = {
    "PatientID": "patient",
    "StudyInstanceUID": "study",
    "StudyDate": "date",
    "SeriesInstanceUID": "series",
    "Modality": "modality",
    "SeriesDescription": "description",
    "instanceCount": "instances",
    "series_size_MB": "megabytes",
    "license_short_name": "licence",
}


@dataclass(frozen=True)
class Collection:
    """A public collection with two or more visits of each patient.

    Parameters
    ----------
    name : str
        As given on the command line.
    index_id : str
        Value of ``collection_id`` in the index.
    doi : str
        To be cited with every use.
    archive_visits : tuple of str
        The archive's own codes of the first, second, ... visit. I-SPY 1 counts from T0, the article from T1.
    id_prefix : str
        Put before the number of the clinical table in the archive's patient identifiers.
    layout : str
        Known layout of the clinical table, empty if there are several.
    clinical : str
        Name that the study file gives the clinical table.
    clinical_hint : str
        Where the clinical table comes from.
    """

    name: str
    index_id: str
    doi: str
    archive_visits: tuple[str, ...]
    id_prefix: str
    layout: str
    clinical: str
    clinical_hint: str


_PAGE = "https://www.cancerimagingarchive.net/collection"
COLLECTIONS: Mapping[str, Collection] = MappingProxyType(
    {
        "ispy1": Collection(
            name="ispy1",
            index_id="ispy1",
            doi="10.7937/K9/TCIA.2016.HDHPGJLK",
            archive_visits=("T0", "T1", "T2", "T3"),
            id_prefix="ISPY1_",
            layout="ispy1",
            clinical="clinical.xlsx",
            clinical_hint="download the workbook 'I-SPY 1 All Patient Clinical and Outcome Data' from "
            f"{_PAGE}/ispy1/ and save it as clinical.xlsx beside study.toml; "
            "patient_id of exams.csv is its SUBJECTID",
        ),
        "breast-mri-nact-pilot": Collection(
            name="breast-mri-nact-pilot",
            index_id="breast_mri_nact_pilot",
            doi="10.7937/K9/TCIA.2016.QHSYHJKY",
            archive_visits=("T1", "T2", "T3", "T4"),
            id_prefix="",
            layout="",
            clinical="clinical.csv",
            clinical_hint=f"download the table of clinical data and RFS from {_PAGE}/breast-mri-nact-pilot/, "
            "save it as clinical.csv beside study.toml, and name its columns under [study.columns] "
            "(patient_id, time, event); patient_id must be written as in exams.csv (UCSF-BR-..)",
        ),
    }
)


def collection_of(name: str) -> Collection:
    """Return a collection by its name on the command line.

    Raises
    ------
    UsageError
        ``fetch.collection``.
    """
    if name not in COLLECTIONS:
        raise UsageError(
            f"unknown collection {name!r}",
            code="fetch.collection",
            hint=f"one of {', '.join(COLLECTIONS)}",
        )
    return COLLECTIONS[name]


def index_file() -> tuple[Path, str]:
    """Return the index table that is installed, and its version.

    Raises
    ------
    UsageError
        ``fetch.extra`` naming the extra to install.
    """
    try:
        import idc_index_data
    except ImportError as error:
        raise UsageError(
            "the index of the Imaging Data Commons (package idc-index-data) is not installed",
            code="fetch.extra",
            hint=INSTALL,
        ) from error
    path = idc_index_data.IDC_INDEX_PARQUET_FILEPATH
    if path is None or not Path(path).is_file():
        raise UsageError(
            "the installed package idc-index-data holds no index in Parquet form",
            code="fetch.index",
            hint=f"install a newer one: {INSTALL} --upgrade",
        )
    return Path(path), str(idc_index_data.__version__)


def read_series(path: Path, collection: Collection) -> pd.DataFrame:
    """Read the series of a collection from the index.

    Parameters
    ----------
    path : Path
        The Parquet table.
    collection : Collection

    Returns
    -------
    DataFrame
        One row a series: patient, study, date, series, modality, description, instances, bytes, licence.

    Raises
    ------
    InputError
        ``fetch.index`` if the table lacks a column or the collection.
    """
    import pyarrow.parquet

    known = set(pyarrow.parquet.read_schema(path).names)
    absent = sorted({*_COLUMNS, "collection_id"} - known)
    if absent:
        raise _unusable(f"column(s) {', '.join(absent)} missing")
    wanted = [("collection_id", "==", collection.index_id)]
    table = pyarrow.parquet.read_table(path, columns=list(_COLUMNS), filters=wanted).to_pandas()
    if table.empty:
        raise _unusable(f"no series of {collection.name}")
    frame = table.rename(columns=_COLUMNS)
    # The index gives sizes in units of 10^6 bytes with six decimals: whole bytes.
    frame["bytes"] = (frame.pop("megabytes").astype(float) * 1e6).round().astype("int64")
    frame["instances"] = frame["instances"].astype("int64")
    frame["description"] = frame["description"].fillna("").astype(str)
    return frame.sort_values(["patient", "date", "study", "series"], ignore_index=True)


def _unusable(what: str) -> InputError:
    return InputError(
        what,
        code="fetch.index",
        where="index of the Imaging Data Commons",
        hint=f"install another version of idc-index-data: {INSTALL} --upgrade",
    )
