"""Scenes for 3D Slicer: well formed, every reference leads somewhere, every file is there."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from urllib.parse import unquote

import pytest

from kinephen.errors import InputError
from kinephen.io.slicer import GREY, HEAT, SceneMask, SceneVolume, write_scene


@pytest.fixture
def files(tmp_path):
    folder = tmp_path / "a b" / "dce"
    folder.mkdir(parents=True)
    paths = [folder / f"{n} & ü.nii.gz" for n in ("early", "ser", "lesion")]
    for path in paths:
        path.write_bytes(b"")
    return paths


def scene(files, tmp_path, **changes):
    early, ser, lesion = files
    volumes = [SceneVolume("early", early, (10.0, 50.0)), SceneVolume("SER <&>", ser, colours=HEAT)]
    path = tmp_path / "a b" / "scene.mrml"
    write_scene(path, changes.get("volumes", volumes), changes.get("masks", [SceneMask("lesion", lesion)]))
    return path, ET.parse(path).getroot()


def references(node):
    """Return role and identifier of each reference of a node."""
    return [tuple(part.split(":")) for part in node.get("references", "").split(";") if part]


def test_every_reference_leads_to_a_node(files, tmp_path):
    _, root = scene(files, tmp_path)
    idents = [node.get("id") for node in root]
    assert len(set(idents)) == len(idents)
    found = [ident for node in root for _, ident in references(node)]
    assert found
    assert set(found) <= set(idents)


def test_every_file_is_there_by_its_relative_path(files, tmp_path):
    path, root = scene(files, tmp_path)
    named = [node.get("fileName") for node in root.iter("VolumeArchetypeStorage")]
    assert not any(name.startswith("/") for name in named)
    assert [(path.parent / unquote(name)).resolve() for name in named] == [f.resolve() for f in files]


def test_views_show_image_map_and_mask(files, tmp_path):
    _, root = scene(files, tmp_path)
    names = {node.get("id"): node.get("name") for node in root}
    views = list(root.iter("SliceComposite"))
    assert [v.get("layoutName") for v in views] == ["Red", "Green", "Yellow"]
    for view in views:
        shown = {role: names[ident] for role, ident in references(view)}
        assert shown == {
            "backgroundVolume": "early",
            "foregroundVolume": "SER <&>",
            "labelVolume": "lesion",
        }


def test_displays_state_window_and_colours(files, tmp_path):
    _, root = scene(files, tmp_path)
    first, second = root.iter("VolumeDisplay")
    assert (first.get("window"), first.get("level"), first.get("autoWindowLevel")) == ("40", "30", "0")
    assert second.get("autoWindowLevel") == "1"
    assert (first.get("colorNodeID"), second.get("colorNodeID")) == (GREY, HEAT)


def test_a_missing_file_is_named(files, tmp_path):
    files[1].unlink()
    with pytest.raises(InputError, match="the file of SER <&> is not there") as caught:
        scene(files, tmp_path)
    assert caught.value.code == "slicer.missing"
    assert not list(tmp_path.rglob("*.mrml"))


def test_a_scene_without_an_image_is_refused(files, tmp_path):
    with pytest.raises(InputError, match="needs at least one image"):
        scene(files, tmp_path, volumes=[])
