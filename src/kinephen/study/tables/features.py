"""Features of a table of images and masks: which image, which mask, which label; and one case computed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numba
import numpy as np
import scipy

from kinephen import __version__
from kinephen.core.machine import machine_fault
from kinephen.core.options import Mesh, RadiomicsMode
from kinephen.core.plain import hash_file, hash_json
from kinephen.errors import ConfigError, InputError, KinephenError, UsageError
from kinephen.io.nifti import is_nifti, nifti_ending
from kinephen.io.table_files import read_text_table
from kinephen.radiomics import MaskContext, extract
from kinephen.radiomics.captk.parameters import parse_parameters
from kinephen.radiomics.captk.presets import EXECUTED, PRESETS, CaptkPreset
from kinephen.radiomics.clean import Aggregation
from kinephen.radiomics.complete_responses import by_protocol
from kinephen.radiomics.filters import parse_filters
from kinephen.radiomics.filters.responses import Responses, responses
from kinephen.radiomics.measured import Measured
from kinephen.radiomics.protocol import Protocol
from kinephen.radiomics.response_features import without_repeats
from kinephen.records.base import IssueRecord, Number, Record, issue_records
from kinephen.study.tables.feature_files import read_labels, read_maps
from kinephen.study.tables.feature_responses import measured_maps
from kinephen.types import FloatVolume

FORMAT = 3

__all__ = [
    "CaptkPreset",
    "Case",
    "CaseError",
    "CaseResult",
    "FeatureRow",
    "Settings",
    "captk_preset",
    "compute_case",
    "read_cases",
    "read_labels",
]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What all cases share; see `kinephen.radiomics.extract`.

    With a protocol all features of IBSI-1 are computed by it, and the fields before it are not read.
    """

    mode: RadiomicsMode = "ibsi"
    bins: int = 32
    bin_width: float | None = None
    aggregation: Aggregation = "average"
    lbp: bool = False
    preset: CaptkPreset | None = None
    mesh: Mesh = "separated"
    filters: tuple[str, ...] = ()
    """Of which responses the features are taken too, such as ``log:sigma=3mm``."""
    protocol: Protocol | None = None

    def as_record(self) -> dict[str, object]:
        """Return the settings and the versions they were used with."""
        versions = {"numpy": np.__version__, "scipy": scipy.__version__, "numba": numba.__version__}
        given = {"protocol": asdict(self.protocol)} if self.protocol else self._catalogue()
        return {
            **given,
            "format": FORMAT,
            "versions": {"kinephen": __version__, **versions},
        }

    def _catalogue(self) -> dict[str, object]:
        given = asdict(self)
        del given["protocol"]
        return {**given, "preset": {} if self.preset is None else asdict(self.preset)}


class FeatureRow(Record):
    """Features of one map inside one label.

    Parameters
    ----------
    columns : dict of str to str or int
        What identifies the row: the columns of the case, ``label``, ``map``.
    features : dict of str to float
        The 104 of the catalogue, or those of the protocol; None where undefined.
    reasons : dict of str to str
        Why a feature is undefined.
    diagnostics : dict of str to float
        Voxels, levels, edges.
    issues : tuple of IssueRecord
    """

    columns: dict[str, str | int]
    features: dict[str, Number]
    reasons: dict[str, str]
    diagnostics: dict[str, Number]
    issues: tuple[IssueRecord, ...] = ()


class CaseError(Record):
    """The error in its files that stopped a case; see `kinephen.errors.KinephenError`."""

    code: str
    message: str
    hint: str = ""
    where: str = ""


class CaseResult(Record):
    """What was found of a case: rows, or the error that stopped it."""

    columns: dict[str, str]
    rows: tuple[FeatureRow, ...] = ()
    error: CaseError | None = None


@dataclass(frozen=True)
class Case:
    """One mask on one grid of maps.

    Parameters
    ----------
    maps : dict of str to Path
        Map name to file.
    mask : Path
    label : str
        A whole number, ``"all"``, or empty: the only label.
    columns : dict of str to str
        What identifies the case in the output.
    """

    maps: Mapping[str, Path]
    mask: Path
    label: str
    columns: Mapping[str, str]

    @property
    def known_by_content(self) -> bool:
        """Whether each file is all that is read: other formats than NIfTI may have parts in further files."""
        return all(map(is_nifti, (*self.maps.values(), self.mask)))

    def key(self, settings: Settings) -> str:
        """Return the hash of the files and their endings, the label, the settings and the versions."""
        files = {name: _hash(path) for name, path in self.maps.items()}
        return hash_json(
            {
                "maps": files,
                "mask": _hash(self.mask),
                "settings": settings.as_record(),
                "label": self.label,
                "columns": dict(self.columns),
            }
        )[:32]


def captk_preset(name: str, parameters: Path | None) -> tuple[CaptkPreset, tuple[IssueRecord, ...]]:
    """Return the bins of the `captk` mode, by name or of a parameter file, and what the file cannot have.

    Raises
    ------
    UsageError
        ``features.preset`` for an unknown name.
    ConfigError
        ``path.missing``, and as `parse_parameters`.
    """
    if parameters is None:
        if name not in PRESETS:
            raise UsageError(
                f"unknown preset {name!r}", code="features.preset", hint=f"one of: {'; '.join(PRESETS)}"
            )
        return PRESETS[name], ()
    if not parameters.is_file():
        raise ConfigError("no such file", code="path.missing", where="parameter file")
    read = parse_parameters(parameters.read_text(encoding="utf-8-sig"))
    return read.preset, issue_records(read.unsupported)


def read_cases(table: Path, *, label: str, name: str) -> list[Case]:
    """Return the cases of a CSV with columns Image and Mask (any case), optional Label and Map.

    Further columns are repeated in the output. Relative paths start at the folder of the table.

    Raises
    ------
    InputError
        ``features.columns`` if a column or a cell is missing.
    """
    frame = read_text_table(table).frame
    known = {column.lower(): column for column in frame.columns}
    absent = [wanted for wanted in ("image", "mask") if wanted not in known]
    if absent:
        raise InputError(
            f"the table needs the columns Image and Mask; missing: {', '.join(absent)}",
            code="features.columns",
            where=table.name,
            hint="add the column; paths may be relative to the table",
        )
    cases = []
    for number, row in enumerate(frame.to_dict("records"), start=2):
        image, mask = (str(row[known[c]]).strip() for c in ("image", "mask"))
        if not image or not mask:
            raise InputError("an image or mask is missing", code="features.columns", where=f"line {number}")
        cell = {c: str(row[known[c]]).strip() if c in known else "" for c in ("label", "map")}
        cases.append(
            Case(
                {cell["map"] or name: table.parent / image},
                table.parent / mask,
                cell["label"] or label,
                {"line": str(number), **{str(k): str(v) for k, v in row.items() if k.lower() != "label"}},
            )
        )
    return cases


def compute_case(case: Case, settings: Settings) -> CaseResult:
    """Return rows of one case, or what stopped it.

    A case of a table fails alone, whatever is wrong with it; of a single case an error in the settings is
    raised. So is a fault of the machine.
    """
    try:
        return CaseResult(columns=dict(case.columns), rows=tuple(_rows(case, settings)))
    except KinephenError as error:
        if not (isinstance(error, InputError) or "line" in case.columns):
            raise
        return CaseResult(columns=dict(case.columns), error=CaseError(**error.to_dict()))
    except Exception as error:
        fault = machine_fault(error)
        if fault is not None:
            raise fault from error
        if "line" not in case.columns:
            raise
        return CaseResult(columns=dict(case.columns), error=_unexpected(error))


def _unexpected(error: Exception) -> CaseError:
    return CaseError(
        code="features.unexpected",
        message=f"it could not be computed, for a reason that was not foreseen ({type(error).__name__})",
        hint="compute it alone, which shows where, and report it",
        where="",
    )


def lost_case(case: Case) -> CaseResult:
    """Return the result of a case whose process was ended twice."""
    error = CaseError(
        code="features.worker",
        message="the process that computed it was ended from outside or crashed, twice",
        hint="mostly memory runs out: close other programs or give fewer --workers",
        where="",
    )
    return CaseResult(columns=dict(case.columns), error=error)


def _rows(case: Case, settings: Settings) -> Iterator[FeatureRow]:
    images = read_maps(case.maps)
    geometry = images.geometry
    made = responses(images.arrays, geometry.spacing, parse_filters(settings.filters))
    for label, inside in read_labels(case.mask, geometry, case.label):
        context = MaskContext(inside, geometry.spacing, geometry.voxel_volume_mm3)
        for name, found in _measured(context, images.arrays, made, settings).items():
            yield FeatureRow(
                columns={**case.columns, "label": label, "map": name},
                features={**found.features},
                reasons=found.reasons,
                diagnostics={**found.diagnostics},
                issues=issue_records((*images.issues[name], *found.issues)),
            )


def _measured(
    context: MaskContext, maps: Mapping[str, FloatVolume], made: Responses, settings: Settings
) -> dict[str, Measured]:
    if settings.protocol is not None:
        return by_protocol(maps, context, settings.protocol)
    if made.names:
        context.require_square("filters")
    found = extract(
        context,
        {**maps, **made.arrays},
        mode=settings.mode,
        bins=settings.bins,
        bin_width=settings.bin_width,
        aggregation=settings.aggregation,
        lbp=settings.lbp,
        preset=settings.preset or EXECUTED,
        mesh=settings.mesh,
    )
    return measured_maps(without_repeats(found, made), made)


def _hash(path: Path) -> str:
    if not path.is_file():
        raise InputError("no such file", code="path.missing", where="image or mask")
    return hash_json([nifti_ending(path), hash_file(path)])
