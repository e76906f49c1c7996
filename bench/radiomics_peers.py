"""MIRP and PyRadiomics beside ours, feature by feature; every difference has its reason.

    python bench/radiomics_peers.py [--write]

Cases: the lesion of UCSF-BR-06 (enhancement), brain1 (PyRadiomics' own test case), fragments made by chance.
The peers are installed into environments of their own in bench/.envs. A difference over 1e-6 that no rule of
``radiomics_peers_rules.py`` explains fails the script. ``--write`` writes docs/reference/radiomics-peers.md.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nibabel
import numpy as np

from kinephen.io.array_volume import read_array_volume
from kinephen.radiomics import MaskContext
from kinephen.radiomics.complete import ibsi_features
from kinephen.radiomics.ibsi import Key
from kinephen.radiomics.prepare import prepare
from kinephen.radiomics.protocol import FAMILIES, Features, Protocol
from peers import environment
from radiomics_ibsi import ROOT, reference_folder
from radiomics_peers_names import mirp_names, pyradiomics_names
from radiomics_peers_rules import RULES, Case, equal, rule_for

PAGE = ROOT / "docs" / "reference" / "radiomics-peers.md"
WORKER = Path(__file__).with_name("radiomics_peers_worker.py")
PEERS = {
    "mirp": ("MIRP 2.7.0", [["mirp==2.7.0"]], "mirp"),
    "pyradiomics": (
        "PyRadiomics 3.0.1",
        [["numpy", "setuptools", "wheel", "versioneer"], ["--no-build-isolation", "pyradiomics==3.0.1"]],
        "radiomics",
    ),
}
CASES = {
    "UCSF-BR-06": "largest component of the functional tumour volume, map of early enhancement",
    "brain1": "PyRadiomics' own test case, T1 after contrast",
    "fragments": "sixty small boxes at random places, 2.0 x 0.7 x 0.9 mm, values by chance",
}


@dataclass(frozen=True)
class Row:
    """One value of a peer beside ours."""

    peer: str
    case: str
    key: Key
    ours: float
    theirs: float
    rule: str
    """Name of the rule that explains the difference, ``"none"``, or empty where both agree."""


def make_cases(folder: Path) -> dict[str, tuple[Path, Path]]:
    """Write image and mask of each case as NIfTI; return their paths."""
    shared = reference_folder().parent
    found = {"UCSF-BR-06": _lesion(shared / "nact_pilot" / "UCSF-BR-06", folder)}
    image, label = (read_array_volume(shared / "mri" / f"brain1_{part}.nrrd") for part in ("image", "label"))
    found["brain1"] = (image.array, label.array > 0, image.geometry.spacing)
    found["fragments"] = _fragments()
    return {name: _written(folder / name, *parts) for name, parts in found.items()}


def _lesion(exam: Path, folder: Path) -> tuple[np.ndarray, np.ndarray, tuple[float, float, float]]:
    command = [sys.executable, "-m", "kinephen", "ftv", exam, "--out", folder / "ftv"]
    subprocess.run(command, check=True, capture_output=True)
    (pe,) = (folder / "ftv").rglob("*desc-pe_map.nii.gz")
    (mask,) = (folder / "ftv").rglob("*label-lesion_mask.nii.gz")
    image, lesion = read_array_volume(pe), read_array_volume(mask)
    return np.nan_to_num(image.array), lesion.array > 0, image.geometry.spacing


def _fragments() -> tuple[np.ndarray, np.ndarray, tuple[float, float, float]]:
    rng = np.random.default_rng(3)
    mask = np.zeros((20, 24, 28), dtype=bool)
    for _ in range(60):
        start = rng.integers(2, [18, 22, 26])
        mask[tuple(slice(a, a + n) for a, n in zip(start, rng.integers(1, 4, 3), strict=True))] = True
    return rng.gamma(3.0, 50.0, mask.shape), mask, (2.0, 0.7, 0.9)


def _written(
    stem: Path, image: np.ndarray, mask: np.ndarray, spacing: tuple[float, float, float]
) -> tuple[Path, Path]:
    """Save in single precision, which every peer keeps."""
    paths = []
    for part, array in (("image", image.astype(np.float32)), ("mask", mask.astype(np.uint8))):
        volume = nibabel.Nifti1Image(array.transpose(2, 1, 0), np.diag([*spacing[::-1], 1.0]))
        volume.header.set_xyzt_units("mm")
        paths.append(stem.with_name(f"{stem.name}_{part}.nii.gz"))
        nibabel.save(volume, paths[-1])
    return paths[0], paths[1]


def our_values(image: np.ndarray, context: MaskContext, mesh: str) -> dict[Key, float]:
    """Return our values that are defined."""
    features = Features(families=FAMILIES, mesh=mesh, autocorrelation=True)
    protocol = Protocol(features=features)
    found = ibsi_features(prepare(image, context, protocol), protocol)
    return {key: value for key, value in found.items() if isinstance(value, float)}


def peer_values(peer: str, python: Path, image: Path, mask: Path) -> dict[Key, float]:
    """Return a peer's values by our names."""
    # -P: this folder holds a radiomics.py, which is also the name of a peer's package.
    done = subprocess.run(
        [python, "-P", WORKER, peer, image, mask], check=True, capture_output=True, text=True
    )
    values = json.loads(done.stdout.splitlines()[-1])
    names = mirp_names(list(values), reference_folder()) if peer == "mirp" else pyradiomics_names()
    return {key: values[name] for name, key in names.items() if name in values}


def compare(peer: str, name: str, case: Case) -> Iterator[Row]:
    """Yield a row for each feature that both have."""
    for key, theirs in case.theirs.items():
        ours = case.ours.get(key)
        if ours is None or not np.isfinite(theirs):
            continue
        found = None if equal(ours, theirs) else rule_for(peer, case, key)
        agrees = equal(ours, theirs)
        yield Row(peer, name, key, ours, theirs, "" if agrees else found.name if found else "none")


def all_rows(pythons: dict[str, Path]) -> list[Row]:
    """Return the rows of every peer and case."""
    rows = []
    with tempfile.TemporaryDirectory() as place:
        for name, (image, mask) in make_cases(Path(place)).items():
            volume, label = read_array_volume(image), read_array_volume(mask)
            context = MaskContext(label.array, volume.geometry.spacing)
            ours, joined = (our_values(volume.array, context, m) for m in ("separated", "lewiner"))
            for peer, python in pythons.items():
                theirs = peer_values(peer, python, image, mask)
                case = Case(
                    image=volume.array,
                    mask=context.mask,
                    spacing=context.spacing,
                    ours=ours,
                    joined=joined,
                    theirs=theirs,
                )
                rows += compare(peer, name, case)
                print(name, peer, Counter(r.rule for r in rows if (r.peer, r.case) == (peer, name)))
    return rows


def page(rows: list[Row]) -> str:
    """Return the page."""
    lines = [
        "# MIRP and PyRadiomics beside kinephen",
        "",
        f"{len(rows)} values of three lesions, each by MIRP or PyRadiomics and by "
        "`kinephen features --protocol`, with",
        "32 grey levels (fixed bin number), in the volume, on the grid of the file. Written by",
        "`python bench/radiomics_peers.py --write`, which ends with an error if a value differs by more "
        "than a",
        "millionth for no reason that stands here.",
        "",
        *(f"- **{name}**: {what}." for name, what in CASES.items()),
        "",
        "| peer | lesion | values | agree to 1e-6 | differ, explained | not explained |",
        "|---|---|---|---|---|---|",
    ]
    for peer, (title, _, _) in PEERS.items():
        for name in CASES:
            mine = [r for r in rows if (r.peer, r.case) == (peer, name)]
            agree, none = sum(not r.rule for r in mine), sum(r.rule == "none" for r in mine)
            lines.append(
                f"| {title} | {name} | {len(mine)} | {agree} | {len(mine) - agree - none} | {none} |"
            )
    lines += ["", "## Reasons", ""]
    for rule in RULES:
        mine = [r for r in rows if (r.peer, r.rule) == (rule.peer, rule.name)]
        if mine:
            way = "reproduced to 1e-6" if rule.as_peer else "bounded"
            lines += [
                f"### {PEERS[rule.peer][0]}: {rule.name}",
                "",
                f"{rule.why} ({way}; {len(mine)} values)",
                "",
                "| lesion | feature | ours | theirs | relative difference |",
                "|---|---|---|---|---|",
                *(_line(row) for row in mine),
                "",
            ]
    return "\n".join(lines)


def _line(row: Row) -> str:
    gap = abs(row.ours - row.theirs) / max(abs(row.ours), abs(row.theirs))
    feature = " ".join(part for part in row.key if part).replace("_", " ")
    return f"| {row.case} | {feature} | {row.ours:.6g} | {row.theirs:.6g} | {gap:.1e} |"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    pythons = {
        name: environment(name, sys.executable, steps, check) for name, (_, steps, check) in PEERS.items()
    }
    missing = [name for name, python in pythons.items() if python is None]
    if missing:
        sys.exit(f"not installed: {', '.join(missing)}")
    rows = all_rows({name: python for name, python in pythons.items() if python})
    unexplained = [row for row in rows if row.rule == "none"]
    for row in unexplained:
        print("no reason:", row.peer, _line(row), file=sys.stderr)
    if unexplained:
        sys.exit(1)
    if options.write:
        PAGE.write_text(page(rows), encoding="utf-8")


if __name__ == "__main__":
    main()
