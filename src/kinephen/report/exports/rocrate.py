"""RO-Crate 1.1: a run's files to publish, and a description of them that archives and search engines read.

Reference: Soiland-Reyes et al., Data Science 2022;5:97-138, doi:10.3233/DS-210053; the specification 1.1.
"""

from __future__ import annotations

import json
import mimetypes
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from kinephen import __version__
from kinephen.core.files import write_whole
from kinephen.core.plain import hash_file, json_text, read_json
from kinephen.core.written import FILE as RECORD
from kinephen.core.written import read_written
from kinephen.errors import InputError, UsageError
from kinephen.report.exports.source import RunSource

METADATA = "ro-crate-metadata.json"
CONTEXT = "https://w3id.org/ro/crate/1.1/context"
CONFORMS = "https://w3id.org/ro/crate/1.1"
KEPT = ("report.html", "report.json", "model.json", "assets", "data", "figures", "tables", "patients")
"""What is published; private/, store/ and run.json (machine and time) are not."""
TYPES = {
    ".parquet": "application/vnd.apache.parquet",
    ".tex": "application/x-tex",
    ".npy": "application/octet-stream",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
WORDS = {
    "report.html": "The report for readers",
    "report.json": "Every number of the report, once",
    "model.json": "The fitted phenotype model",
}
_FOLDERS = {
    "assets": "Small images and the documents of the patients' pages, named by their SHA-256",
    "data": "Features of each visit, their change, decisions on them, loadings, issues",
    "figures": "The figures",
    "tables": "The tables",
    "patients": "One page a patient, by case number",
}


Entity: TypeAlias = dict[str, object]
"""One entity of JSON-LD: its properties by name."""


@dataclass(frozen=True)
class Publication:
    """What only the user can say.

    Parameters
    ----------
    authors : sequence of str
        Names or ORCID addresses; left out if empty.
    licence : str
        Address of a licence.
    """

    authors: Sequence[str] = ()
    licence: str = ""


def write_rocrate(run: RunSource, out: Path, publication: Publication | None = None) -> list[str]:
    """Copy what may be published into `out` and describe it; return the files' names.

    Raises
    ------
    UsageError
        ``package.ids`` if the run names patients by the study's own ids.
    InputError
        ``package.record`` if the folder does not say which files are the run's.
    """
    if run.shows_ids:
        raise UsageError(
            "the run's report names patients by the study's own ids",
            code="package.ids",
            where=run.folder.name,
            hint="run the study with show_ids = false and package that run",
        )
    if not read_written(run.folder).names:
        raise InputError(
            "holds no record of what the run wrote, so its files cannot be told from others",
            code="package.record",
            where=RECORD,
            hint="run the study again in this folder; nothing is computed again",
        )
    names = sorted(_copy(run.folder, out))
    graph = _graph(run, out, names, publication or Publication())
    write_whole(out / METADATA, (json_text({"@context": CONTEXT, "@graph": graph}) + "\n").encode("utf-8"))
    return [*names, METADATA]


def _copy(source: Path, out: Path) -> Iterator[str]:
    # What else lies in these folders is not the run's, and may name patients.
    for name in sorted(read_written(source).names):
        file = source / name
        if name.split("/")[0] in KEPT and file.is_file() and not file.is_symlink():
            yield _copy_file(source, out, file)


def _copy_file(source: Path, out: Path, file: Path) -> str:
    name = file.relative_to(source)
    (out / name).parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(file, out / name)
    return name.as_posix()


def _graph(run: RunSource, out: Path, names: list[str], publication: Publication) -> list[Entity]:
    report, files = run.report, [_file(out, n) for n in names]
    folders = [_folder(n, names) for n in _FOLDERS if any(f.startswith(f"{n}/") for f in names)]
    settings: list[Entity] = [
        {
            "@id": f"#setting-{s.key}",
            "@type": "PropertyValue",
            "name": s.key,
            "value": s.value if isinstance(s.value, (str, int, float, bool)) else json.dumps(s.value),
        }
        for s in report.settings
    ]
    inputs: list[Entity] = [
        {"@id": f"#input-{i}", "@type": "CreativeWork", "name": f.name, "sha256": f.sha256}
        for i, f in enumerate(report.provenance.inputs, start=1)
    ]
    methods: list[Entity] = [
        {"@id": f"https://doi.org/{m.doi}", "@type": "ScholarlyArticle", "name": m.text}
        for m in report.provenance.methods
        if m.doi
    ]
    authors = [_author(a) for a in publication.authors]
    top = [f for f in files if "/" not in str(f["@id"])]
    root: Entity = {
        "@id": "./",
        "@type": "Dataset",
        "name": report.study.name,
        "description": f"Phenotypes of change in dynamic contrast MRI: report, tables, figures, features and "
        f"model of one run with preset {report.preset}."
        + (" The trial is simulated." if report.study.simulated else ""),
        "datePublished": _date(run.folder),
        "license": _reference(publication.licence) if publication.licence else NO_LICENCE,
        **({"author": [{"@id": a["@id"]} for a in authors]} if authors else {}),
        "hasPart": [{"@id": e["@id"]} for e in (*top, *folders)],
        "mentions": [{"@id": "#run"}],
        "citation": [{"@id": m["@id"]} for m in methods],
    }
    action: Entity = {
        "@id": "#run",
        "@type": "CreateAction",
        "name": "kinephen run",
        "instrument": {"@id": "#kinephen"},
        "object": [{"@id": e["@id"]} for e in (*inputs, *settings)],
        "result": [{"@id": e["@id"]} for e in (*top, *folders)],
    }
    descriptor: Entity = {
        "@id": METADATA,
        "@type": "CreativeWork",
        "conformsTo": {"@id": CONFORMS},
        "about": {"@id": "./"},
    }
    return [
        descriptor,
        root,
        action,
        _software(run),
        *authors,
        *folders,
        *files,
        *inputs,
        *settings,
        *methods,
    ]


NO_LICENCE = "Not stated: choose a licence before you publish this crate."


def _software(run: RunSource) -> Entity:
    versions = run.report.provenance.versions
    return {
        "@id": "#kinephen",
        "@type": "SoftwareApplication",
        "name": "kinephen",
        "version": versions.get("kinephen", __version__),
        "softwareVersion": versions.get("kinephen", __version__),
        "softwareRequirements": [f"{n} {v}" for n, v in versions.items() if n != "kinephen"],
    }


def _file(out: Path, name: str) -> Entity:
    path = out / name
    kind = TYPES.get(path.suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    return {
        "@id": name,
        "@type": "File",
        "name": path.name,
        **({"description": WORDS[name]} if name in WORDS else {}),
        "encodingFormat": kind,
        "contentSize": str(path.stat().st_size),
        "sha256": hash_file(path),
    }


def _folder(name: str, names: list[str]) -> Entity:
    parts = [{"@id": f} for f in names if f.startswith(f"{name}/")]
    return {
        "@id": f"{name}/",
        "@type": "Dataset",
        "name": name,
        "description": _FOLDERS[name],
        "hasPart": parts,
    }


def _author(text: str) -> Entity:
    if text.startswith("https://orcid.org/"):
        return {"@id": text, "@type": "Person"}
    return {"@id": f"#author-{text.replace(' ', '-')}", "@type": "Person", "name": text}


def _reference(address: str) -> dict[str, str]:
    return {"@id": address}


def _date(folder: Path) -> str:
    """Return the day on which the run began, which stands in run.json alone."""
    try:
        return str(read_json(folder / "run.json")["started"])[:10]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            "holds no day on which the run began",
            code="package.date",
            where="run.json",
            hint="give the folder of a run that was finished by `kinephen run`",
        ) from error
