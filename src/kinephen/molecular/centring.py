"""Centring of genes: it decides every call, so it is learned once, named, and kept for new samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd

from kinephen.errors import CohortError, InputError, UsageError

CentringMode: TypeAlias = Literal["none", "cohort-median", "platform-median", "platform-mean", "balanced"]
MODES: tuple[CentringMode, ...] = ("none", "cohort-median", "platform-median", "platform-mean", "balanced")
REFERENCE = "reference"
"""Of centres that were published, not learned."""
ALL = "all platforms"
MIN_SAMPLES = 5
"""Fewer samples than this are not centred on themselves: their median is one of them."""
MIN_SUBGROUP = 3


@dataclass(frozen=True)
class Centring:
    """Gene centres learned on a cohort.

    Parameters
    ----------
    mode : str
        One of `MODES`, or ``"reference"`` for centres that came from elsewhere.
    centres : dict of str to (dict of str to Series)
        By signature, then by platform (or `ALL`): the value to take off each gene.
    n_samples : dict of str to int
        Samples that the centres of each platform rest on.
    er_share : float or None
        Share of oestrogen-receptor positive tumours that ``"balanced"`` centres stand for.
    probes : mapping
        Columns of the expression table that the genes were made from, by signature, platform and gene: a new
        sample is made from the same ones.
    """

    mode: str
    centres: Mapping[str, Mapping[str, pd.Series]]
    n_samples: Mapping[str, int]
    er_share: float | None = None
    probes: Mapping[str, Mapping[str, Mapping[str, Sequence[str]]]] = field(default_factory=dict)

    def apply(self, name: str, genes: pd.DataFrame, platform: pd.Series) -> pd.DataFrame:
        """Take the learned centres off.

        Parameters
        ----------
        name : str
            Signature.
        genes : DataFrame
            Samples in rows, genes of the signature in columns.
        platform : Series of str
            Platform of each sample.

        Returns
        -------
        DataFrame
            As `genes`; a gene without a learned centre becomes NaN.

        Raises
        ------
        InputError
            ``centring.signature`` or ``centring.platform`` when nothing was learned for it.
        """
        if self.mode == "none":
            return genes
        if name not in self.centres:
            raise InputError(
                f"the centring knows {', '.join(self.centres)}, not {name}",
                code="centring.signature",
                hint="learn the centring with the same signatures",
            )
        known = self.centres[name]
        parts = [
            block - _centre_for(known, str(p)).reindex(genes.columns) for p, block in genes.groupby(platform)
        ]
        return pd.concat(parts).loc[genes.index]

    def to_dict(self) -> dict[str, object]:
        """Return plain fields; ``Centring.from_dict`` reads them back exactly."""
        centres = {
            name: {platform: _plain(series) for platform, series in by.items()}
            for name, by in self.centres.items()
        }
        return {
            "format": 1,
            "mode": self.mode,
            "n_samples": dict(self.n_samples),
            "er_share": self.er_share,
            "centres": centres,
            "probes": {
                n: {p: {g: list(c) for g, c in m.items()} for p, m in by.items()}
                for n, by in self.probes.items()
            },
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, object]) -> Centring:
        """Build a centring from the fields that `to_dict` gave.

        Raises
        ------
        InputError
            ``centring.format`` for anything else.
        """
        if document.get("format") != 1 or not {"mode", "n_samples", "centres"} <= set(document):
            raise _not_saved(f"format {document.get('format')!r}, keys {sorted(document)}")
        mode, share = document["mode"], document.get("er_share")
        if mode not in (*MODES, REFERENCE):
            raise _not_saved(f"mode {mode!r}")
        if share is not None and not isinstance(share, (int, float)):
            raise _not_saved(f"er_share {share!r}")
        try:
            centres = {
                name: {p: pd.Series(dict(_table(values)), dtype=float) for p, values in _table(by).items()}
                for name, by in _table(document["centres"]).items()
            }
            n_samples = {p: int(str(n)) for p, n in _table(document["n_samples"]).items()}
        except (TypeError, ValueError):
            raise _not_saved("values that are not numbers") from None
        return cls(str(mode), centres, n_samples, share, _probes(document.get("probes", {})))


def _probes(content: object) -> dict[str, dict[str, dict[str, list[str]]]]:
    return {
        name: {
            platform: {gene: _names(probes) for gene, probes in _table(genes).items()}
            for platform, genes in _table(by).items()
        }
        for name, by in _table(content).items()
    }


def _names(content: object) -> list[str]:
    if not isinstance(content, (list, tuple)):
        raise _not_saved("probes that are no list")
    return [str(name) for name in content]


def _table(content: object) -> dict[str, object]:
    if not isinstance(content, Mapping):
        raise _not_saved(f"a {type(content).__name__} where a table is expected")
    return {str(key): value for key, value in content.items()}


def _not_saved(found: str) -> InputError:
    return InputError(
        f"not a saved centring: {found}",
        code="centring.format",
        hint="give the file that a scoring run with cohort centring wrote",
    )


def fit_centring(
    genes: Mapping[str, pd.DataFrame],
    platform: pd.Series,
    mode: CentringMode,
    *,
    er: pd.Series | None = None,
    er_share: float = 0.5,
) -> Centring:
    """Learn gene centres.

    Parameters
    ----------
    genes : mapping of str to DataFrame
        By signature: samples in rows, genes in columns.
    platform : Series of str
        Platform or batch of each sample.
    mode : {"none", "cohort-median", "platform-median", "platform-mean", "balanced"}
        Over all samples, or within each platform. ``"balanced"`` is the weighted median within each platform
        in which oestrogen-receptor positive tumours weigh `er_share` together and negative ones the rest;
        tumours of unknown status do not count.
    er : Series of float, optional
        1, 0 or NaN by sample; needed by ``"balanced"``.
    er_share : float
        Above 0 and below 1.

    Raises
    ------
    UsageError
        ``centring.mode``.
    CohortError
        ``centring.too_few`` below `MIN_SAMPLES` samples on a platform; ``centring.subgroup`` below
        `MIN_SUBGROUP` tumours of either receptor status.
    """
    if mode not in MODES or not 0 < er_share < 1:
        raise UsageError(
            f"centring {mode!r} with share {er_share}",
            code="centring.mode",
            hint=f"use one of {', '.join(MODES)}",
        )
    labels = pd.Series(ALL, index=platform.index) if mode == "cohort-median" else platform.astype(str)
    counts = {str(k): int(v) for k, v in labels.value_counts().items()}
    if mode == "none":
        return Centring(mode, {}, counts)
    _require_enough(counts)
    weights = _weights(labels, er, er_share) if mode == "balanced" else None
    centres = {name: _centres(frame, labels, mode, weights) for name, frame in genes.items()}
    return Centring(mode, centres, counts, er_share if mode == "balanced" else None)


def reference_centring(name: str, centres: pd.Series) -> Centring:
    """Return a centring on given gene values, for example published medians of an array type.

    Parameters
    ----------
    name : str
        Signature.
    centres : Series of float
        By gene of the signature.
    """
    return Centring(REFERENCE, {name: {ALL: centres}}, {})


def weighted_median(values: np.ndarray, weights: np.ndarray) -> float:
    """Weighted median; with equal weights the ordinary one.

    Parameters
    ----------
    values : ndarray of float, shape (n,)
        NaN are left out.
    weights : ndarray of float, shape (n,)
        Not negative.

    Returns
    -------
    float
        The value at which half of the weight is reached, the mean of two where a half is met exactly; NaN
        without weight.
    """
    keep = np.isfinite(values) & (weights > 0)
    if not keep.any():
        return float("nan")
    order = np.argsort(values[keep], kind="stable")
    x, share = values[keep][order], np.cumsum(weights[keep][order]) / weights[keep].sum()
    low = int(np.searchsorted(share, 0.5 - 1e-12))
    high = int(np.searchsorted(share, 0.5 + 1e-12))
    return float((x[low] + x[high]) / 2)


def _centres(
    frame: pd.DataFrame, labels: pd.Series, mode: CentringMode, weights: pd.Series | None
) -> dict[str, pd.Series]:
    result: dict[str, pd.Series] = {}
    for label, block in frame.groupby(labels):
        if weights is not None:
            w = weights.loc[block.index].to_numpy(float)
            result[str(label)] = block.apply(lambda column, w=w: weighted_median(column.to_numpy(float), w))
        else:
            result[str(label)] = block.mean() if mode == "platform-mean" else block.median()
    return result


def _weights(labels: pd.Series, er: pd.Series | None, er_share: float) -> pd.Series:
    status = (er if er is not None else pd.Series(dtype=float)).reindex(labels.index)
    weights = pd.Series(0.0, index=labels.index)
    for label in labels.unique():
        for value, share in ((1.0, er_share), (0.0, 1.0 - er_share)):
            rows = (labels == label) & (status == value)
            if int(rows.sum()) < MIN_SUBGROUP:
                raise CohortError(
                    f"{int(rows.sum())} tumours with oestrogen receptor {value:.0f} on {label}, "
                    f"balanced centring needs at least {MIN_SUBGROUP} of each status",
                    code="centring.subgroup",
                    hint="give the receptor status of the samples, or choose platform-median",
                )
            weights[rows] = share / int(rows.sum())
    return weights


def _require_enough(counts: Mapping[str, int]) -> None:
    few = {label: n for label, n in counts.items() if n < MIN_SAMPLES}
    if few:
        text = ", ".join(f"{n} sample(s) on {label}" for label, n in few.items())
        raise CohortError(
            f"{text}: at least {MIN_SAMPLES} are needed to centre genes on their own cohort",
            code="centring.too_few",
            hint="apply a centring that was learned on a cohort of the same platform, or reference medians",
        )


def _centre_for(known: Mapping[str, pd.Series], platform: str) -> pd.Series:
    if ALL in known:
        return known[ALL]
    if platform not in known:
        raise InputError(
            f"samples on {platform or 'a platform without name'}, the centring is of {', '.join(known)}",
            code="centring.platform",
            hint="learn the centring on the same platform, or name the platform of the samples",
        )
    return known[platform]


def _plain(series: pd.Series) -> dict[str, float | None]:
    return {str(k): (None if np.isnan(v) else float(v)) for k, v in series.items()}
