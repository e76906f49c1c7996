"""Facts on exams, lesions and kinetic maps."""

from __future__ import annotations

from kinephen.core.counted import noun
from kinephen.report.schema import StatementRef
from kinephen.report.writing.evidence import Evidence, Fact, fact
from kinephen.report.writing.quantities import classes, spread, stated_by

_TABLE = "acquisition"


def scanners(e: Evidence) -> Fact | None:
    """Name the makers of the scanners with their exams."""
    listed, refs, _ = classes(e, _TABLE, "scanner")
    return fact(f"Exams came from scanners of {listed}.", (f"/tables/{_TABLE}",), **refs) if listed else None


def resolution(e: Evidence) -> Fact | None:
    """Give the voxel sizes as acquired."""
    slices, a = spread(e, _TABLE, "distance of slices", "slices", " mm")
    plane, b = spread(e, _TABLE, "distance in plane", "plane", " mm")
    if not slices or not plane:
        return None
    return fact(f"Slices were {slices} and rows {plane} apart.", (f"/tables/{_TABLE}",), **a, **b)


def timing(e: Evidence) -> Fact | None:
    """Give frames and times of the dynamic series, and what told the times."""
    frames, a = spread(e, _TABLE, "frames", "frames", "")
    early, b = spread(e, _TABLE, "early frame", "early", " s")
    late, c = spread(e, _TABLE, "late frame", "late", " s")
    if not (frames and early and late):
        return None
    text = (
        f"Frames in a series: {frames}; the early frame lay at {early} and the late one at {late} after "
        "contrast"
    )
    listed, d, _ = classes(e, _TABLE, "phase times")
    if listed:
        text += f" (middle of the frame; times by: {listed})"
    return fact(f"{text}.", (f"/tables/{_TABLE}",), **a, **b, **c, **d)


def ftv(e: Evidence) -> Fact | None:
    """Say how functional tumour volume was measured."""
    if not e.has_setting("ftv.ser_min"):
        return None
    text = "Functional tumour volume (FTV) was measured from the early and late frames [@hylton2016]"
    enhancement, a = spread(e, _TABLE, "enhancement threshold", "pe", " %")
    tissue, b = spread(e, _TABLE, "tissue threshold", "tissue", " %")
    refs: dict[str, StatementRef | None] = {**a, **b}
    if enhancement:
        text += f", with a threshold of early enhancement of {enhancement}"
    if tissue:
        joint = " and" if enhancement else ", with"
        text += f"{joint} a tissue threshold at {tissue} of the ninety-fifth percentile before contrast"
    refs["connectivity"] = e.setting_ref("ftv.connectivity", "int")
    text += "; voxels were joined over {connectivity} neighbours."
    return fact(text, **refs)


def segmentation(e: Evidence) -> Fact | None:
    """Say where the lesion masks came from and who confirmed them."""
    listed, refs, _ = classes(e, _TABLE, "lesion mask")
    if not listed:
        return None
    text = f"The lesion of an exam was: {listed}"
    n, _, counts = stated_by(e, _TABLE, "confirmed by a reader")
    if counts:
        refs["confirmed"] = counts["n"]
        text += f"; a reader confirmed {{confirmed}} {noun(n, 'mask')}"
    return fact(f"{text}.", (f"/tables/{_TABLE}",), **refs)


def motion(e: Evidence) -> Fact | None:
    """Say what a run did about motion between frames, and that it registers no visits."""
    places = e.table_places(_TABLE)
    ways = {
        "shift": "The frames of an exam were moved back by a shift where their edges then fitted better",
        "rigid": "The frames of an exam were registered rigidly to the first",
    }
    way = ways.get(e.choice("motion.correct") or "none")
    other = "the exams of the two visits were not registered to each other."
    text = (
        f"{way}; {other}"
        if way
        else (
            "The run registered neither the frames of an exam nor the exams of the two visits to each other."
        )
    )
    return fact(text, places) if places else None


def bias(e: Evidence) -> Fact | None:
    """Say how the bias field was corrected."""
    method, scope = e.choice("bias.method"), e.choice("bias.scope")
    if not method:
        return None
    place = (e.setting_place("bias.method"),)
    if method == "none":
        return fact("No bias field was corrected.", place)
    names = {"n3": "N3 [@sled1998]", "n4": "N4 [@tustison2010]"}
    fields = {
        "shared": "one field, from the frame before contrast, for all frames of an exam",
        "per_frame": "a field for each frame",
    }
    text = f"The bias field was corrected with {names[method]}, {fields[scope]}"
    if method == "n3" and e.setting("bias.stiff_start"):
        text += ", begun with a stiff field"
    if method == "n3" and e.setting("bias.fallback") == "n4":
        text += "; where it did not converge, with N4 [@tustison2010]"
    return fact(f"{text}.", (*place, e.setting_place("bias.scope")))


def maps(e: Evidence) -> Fact | None:
    """Say which kinetic maps were made, and how undefined voxels were treated."""
    if not e.has_setting("maps.variant"):
        return None
    variant = {"paper": "as published", "lab": "as in the later code of its authors"}
    text = (
        "Four kinetic maps were made in each lesion: peak enhancement (PE), signal enhancement ratio (SER), "
        f"wash-in slope (WIS) and wash-out slope (WOS), {variant[e.choice('maps.variant')]} [@chitalia2023]"
    )
    if e.setting("maps.wos_from_peak"):
        text += "; with several frames after contrast, WOS was taken from the frame of the peak to the last"
    if e.setting("maps.normalise_wos"):
        text += "; WOS was divided by the signal before contrast"
    zero = "were set to zero" if e.setting("maps.zero_otherwise") else "stayed undefined and were left out"
    keys = ("variant", "zero_otherwise", "normalise_wos", "wos_from_peak")
    return fact(
        f"{text}; voxels outside the domain of a ratio {zero}.",
        tuple(e.setting_place(f"maps.{k}") for k in keys if e.has_setting(f"maps.{k}")),
    )


def resampling(e: Evidence) -> Fact | None:
    """Say on which grid features were computed."""
    if not e.has_setting("resample.matrix"):
        return None
    places = (e.setting_place("resample.matrix"), e.setting_place("resample.isotropic_mm"))
    if e.setting("resample.isotropic_mm"):
        size = e.setting_ref("resample.isotropic_mm")
        return fact(
            "Maps and masks were resampled to isotropic voxels of {size} mm, by linear interpolation.",
            places,
            size=size,
        )
    if e.setting("resample.matrix"):
        matrix = e.setting_ref("resample.matrix", "int")
        return fact(
            "Maps and masks were resampled to {matrix} rows and columns in plane, by linear interpolation.",
            places,
            matrix=matrix,
        )
    return fact("Maps and masks stayed on the grid as acquired; nothing was interpolated.", places)


def harmonisation(e: Evidence) -> Fact | None:
    """Say how scanner and site effects were treated."""
    method = e.setting("harmonise.method")
    if method is None:
        return None
    place = (e.setting_place("harmonise.method"),)
    if method == "none":
        return fact("Features were not harmonised between scanners or sites.", place)
    return fact(
        "Features were harmonised with ComBat [@johnson2007], fitted on the discovery cohort, over the "
        "batches of {batch}.",
        place,
        batch=e.setting_ref("harmonise.batch", "text"),
    )


FACTS = {
    maker.__name__: maker
    for maker in (
        scanners,
        resolution,
        timing,
        ftv,
        segmentation,
        motion,
        bias,
        maps,
        resampling,
        harmonisation,
    )
}
