"""How much of the delta features' variation lies between sites."""

from __future__ import annotations

from kinephen.core.counted import counted
from kinephen.records.sites import Sites, SiteShare
from kinephen.report.schema import Cell, Column, FigureEntry, Missing, Table
from kinephen.report.schema.figures import BarGroup, BarsData
from kinephen.study.cohort import PresetResults


def site_tables(preset: PresetResults) -> dict[str, Table]:
    """Return the table of components by site; empty where fewer than two sites are known."""
    record = preset.delta.sites
    return {} if record.reason else {"sites": _table(record)}


def site_figures(preset: PresetResults) -> dict[str, FigureEntry]:
    """Return bars of the share between sites, before and after ComBat."""
    record = preset.delta.sites
    return {} if record.reason else {"sites": _figure(record)}


def _table(record: Sites) -> Table:
    after = record.after
    rows: list[dict[str, Cell]] = [
        {
            "component": entry.component,
            "explained": entry.explained,
            "by_site": entry.by_batch,
            "expected": entry.expected,
            **({"after": _after(after, i)} if record.combat else {}),
        }
        for i, entry in enumerate(record.before)
    ]
    columns = [
        Column(key="component", label="Component"),
        Column(key="explained", label="Share of all variance", format="percent"),
        Column(
            key="by_site",
            label=f"Of it between {record.column}s",
            format="percent",
            description="Eta squared: 0 if sites are alike, 1 if the component is the site.",
        ),
        Column(key="expected", label="Expected by chance", format="percent"),
    ]
    if record.combat:
        columns.append(Column(key="after", label="After ComBat", format="percent"))
    counts = ", ".join(f"{name} {n}" for name, n in record.batches.items())
    done = "ComBat was fitted on discovery and applied to all" if record.combat else "ComBat is off"
    return Table(
        title="Do sites show in the delta features?",
        section="phenotypes",
        columns=tuple(columns),
        rows=tuple(rows),
        caption=f"Principal components of the z-scored delta features of "
        f"{counted(record.patients, 'patient')} of the discovery cohort ({counts}). "
        "A delta cancels part of a site's effect when both visits used one "
        f"scanner. {done}.",
    )


def _after(rows: tuple[SiteShare, ...], index: int) -> Cell:
    return rows[index].by_batch if index < len(rows) else Missing(missing="no such component is left")


def _figure(record: Sites) -> FigureEntry:
    groups = [_bars("Before ComBat" if record.combat else "Delta features", record.before)]
    if record.combat:
        groups.append(_bars("After ComBat", record.after))
    return FigureEntry(
        title=f"Share of each component that lies between {record.column}s",
        label="Supplementary figure",
        section="supplement",
        caption=f"Line: the share expected by chance, {100 * record.before[0].expected:.0f} %.",
        data=BarsData(
            groups=tuple(groups),
            axis_label=f"Share of variance between {record.column}s (fraction)",
            reference=record.before[0].expected,
        ),
    )


def _bars(title: str, rows: tuple[SiteShare, ...]) -> BarGroup:
    return BarGroup(
        title=title,
        labels=tuple(r.component for r in rows),
        values=tuple(r.by_batch for r in rows),
    )
