"""Scenes for 3D Slicer: volumes and label maps of one exam, opened in place by one file.

A scene is MRML, Slicer's XML; it names the NIfTI files by paths relative to itself.
"""

from __future__ import annotations

import os
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from kinephen.core.files import atomic_path
from kinephen.errors import InputError

GREY = "vtkMRMLColorTableNodeGrey"
HEAT = "vtkMRMLColorTableNodeFileColdToHotRainbow.txt"
LABELS = "vtkMRMLColorTableNodeFileGenericColors.txt"
SLICES = ("Red", "Green", "Yellow")


@dataclass(frozen=True)
class SceneVolume:
    """An image of a scene.

    Parameters
    ----------
    name : str
        As shown in Slicer.
    path : Path
        Of an existing NIfTI file.
    window : tuple of float
        Lower and upper value of the display; equal values leave the choice to Slicer.
    colours : str
        Identifier of one of Slicer's own colour tables.
    """

    name: str
    path: Path
    window: tuple[float, float] = (0.0, 0.0)
    colours: str = GREY


@dataclass(frozen=True)
class SceneMask:
    """A label map of a scene: name and path of an existing NIfTI file of 0 and 1."""

    name: str
    path: Path


def write_scene(path: Path, volumes: Sequence[SceneVolume], masks: Sequence[SceneMask]) -> None:
    """Write a scene that shows the first volume, the second over it at 0, and the first mask's outline.

    Parameters
    ----------
    path : Path
        Ends in ``.mrml``.
    volumes : sequence of SceneVolume
        At least one.
    masks : sequence of SceneMask

    Raises
    ------
    InputError
        ``slicer.missing`` if a file is not there, ``slicer.empty`` without a volume.
    """
    if not volumes:
        raise InputError(
            "a scene needs at least one image", code="slicer.empty", hint="give at least one volume"
        )
    named: list[SceneVolume | SceneMask] = [*volumes, *masks]
    for item in named:
        if not item.path.is_file():
            raise InputError(
                f"the file of {item.name} is not there", code="slicer.missing", where=item.path.name
            )
    root = ET.Element("MRML", version="Slicer4.4.0", userTags="")
    for number, volume in enumerate(volumes, start=1):
        _add_volume(root, number, volume, path.parent)
    for number, mask in enumerate(masks, start=1):
        _add_mask(root, number, len(volumes), mask, path.parent)
    _add_views(root, len(volumes), len(masks))
    ET.indent(root)
    with atomic_path(path) as temporary:
        ET.ElementTree(root).write(temporary, encoding="UTF-8", xml_declaration=True)


def _add_volume(root: ET.Element, number: int, volume: SceneVolume, folder: Path) -> None:
    low, high = volume.window
    display = f"vtkMRMLScalarVolumeDisplayNode{number}"
    attributes = {"colorNodeID": volume.colours, "interpolate": "1", "autoThreshold": "0"}
    attributes["autoWindowLevel"] = str(int(low == high))
    if low != high:
        attributes |= {"window": f"{high - low:.9g}", "level": f"{(high + low) / 2:.9g}"}
    ET.SubElement(root, "VolumeDisplay", {"id": display, "name": f"{volume.name} display", **attributes})
    storage = _add_storage(root, number, volume.path, folder)
    references = {"references": f"display:{display};storage:{storage};"}
    ET.SubElement(root, "Volume", {"id": _volume(number), "name": volume.name, **references})


def _add_mask(root: ET.Element, number: int, offset: int, mask: SceneMask, folder: Path) -> None:
    display = f"vtkMRMLLabelMapVolumeDisplayNode{number}"
    # A thickness of 1 draws the outline, 0 would fill the region and hide what lies below.
    attributes = {"colorNodeID": LABELS, "sliceIntersectionThickness": "1", "visibility": "true"}
    ET.SubElement(
        root, "LabelMapVolumeDisplay", {"id": display, "name": f"{mask.name} display", **attributes}
    )
    storage = _add_storage(root, offset + number, mask.path, folder)
    references = {"references": f"display:{display};storage:{storage};"}
    ET.SubElement(root, "LabelMapVolume", {"id": _mask(number), "name": mask.name, **references})


def _add_storage(root: ET.Element, number: int, path: Path, folder: Path) -> str:
    ident = f"vtkMRMLVolumeArchetypeStorageNode{number}"
    relative = Path(os.path.relpath(path, folder)).as_posix()
    attributes = {
        "id": ident,
        "name": f"storage {number}",
        "fileName": quote(relative),
        "useCompression": "1",
        "centerImage": "0",
        "UseOrientationFromFile": "1",
    }
    ET.SubElement(root, "VolumeArchetypeStorage", attributes)
    return ident


def _add_views(root: ET.Element, volumes: int, masks: int) -> None:
    shown = [f"backgroundVolume:{_volume(1)}"]
    shown += [f"foregroundVolume:{_volume(2)}"] if volumes > 1 else []
    shown += [f"labelVolume:{_mask(1)}"] if masks else []
    for name in SLICES:
        attributes = {
            "id": f"vtkMRMLSliceCompositeNode{name}",
            "name": f"SliceComposite{name}",
            "singletonTag": name,
            "layoutName": name,
            "references": ";".join(shown) + ";",
            "compositing": "0",
            "foregroundOpacity": "0",
            "labelOpacity": "1",
            "linkedControl": "1",
        }
        ET.SubElement(root, "SliceComposite", attributes)


def _volume(number: int) -> str:
    return f"vtkMRMLScalarVolumeNode{number}"


def _mask(number: int) -> str:
    return f"vtkMRMLLabelMapVolumeNode{number}"
