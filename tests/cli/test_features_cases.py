"""Images and masks that went wrong: each gives its right value, or the sentence that says why not."""

import json

import numpy as np
import pytest


@pytest.fixture
def features(reference, call):
    """Run ``kinephen features --json`` on files of the cases; return exit code, document and messages."""
    folder = reference("cases/features/img.nii.gz").parent

    def run(*words):
        paths = [folder / w if str(w).endswith((".gz", ".csv")) else w for w in words]
        code, out, err = call("features", *paths, "--json")
        return code, json.loads(out) if out.startswith("{") else {}, err

    return run


def one(document):
    (row,) = document["rows"]
    return row


@pytest.mark.parametrize("kind", ["um", "forms", "shear"])
def test_volume_in_mm_whatever_the_header_says(features, kind):
    code, document, err = features(f"img_{kind}.nii.gz", f"m_{kind}.nii.gz")
    assert code == 0
    assert one(document)["features"]["Volumetric_Volume"] == pytest.approx(1620.0, rel=1e-6)
    words = {
        "um": "lengths in micrometres were converted to mm",
        "forms": "voxel sizes 1 x 1.5 x 3 (pixdim) against 2 x 1.5 x 3 (sform); pixdim counts, as in ITK",
        "shear": "the axes of the file are not square to each other",
    }
    assert words[kind] in err


def test_units_and_forms_change_nothing_else(features):
    plain = one(features("img.nii.gz", "m.nii.gz")[1])["features"]
    for kind in ("um", "forms"):
        found = one(features(f"img_{kind}.nii.gz", f"m_{kind}.nii.gz")[1])["features"]
        for name, value in plain.items():
            assert found[name] == (value if value is None else pytest.approx(value, rel=1e-6)), name


def test_a_sheared_grid_gives_volumes_and_textures_and_refuses_lengths(features):
    plain = one(features("img.nii.gz", "m.nii.gz")[1])
    row = one(features("img_shear.nii.gz", "m_shear.nii.gz")[1])
    refused = {n for n, text in row["reasons"].items() if "not at right angles" in text}
    assert refused == {n for n in row["features"] if n.startswith("Morphologic_")} - {
        "Morphologic_LargestComponentSize",
        "Morphologic_PhysicalSize",
        "Morphologic_NumberOfPixels",
        "Morphologic_EquivalentSphericalRadius",
        "Morphologic_EquivalentSphericalPerimeter",
    }
    for name, value in row["features"].items():
        if name not in refused:
            assert value == plain["features"][name], name


def test_a_sheared_grid_in_the_mode_of_the_toolkit(features):
    row = one(features("img_shear.nii.gz", "m_shear.nii.gz", "--mode", "captk")[1])
    assert row["features"]["Volumetric_Volume"] == pytest.approx(1620.0, rel=1e-6)
    assert "not at right angles" in row["reasons"]["GLRLM_LowGreyLevelRunEmphasis"]
    assert "not at right angles" in row["reasons"]["Morphologic_Perimeter"]


def test_a_sheared_grid_under_a_protocol(features, tmp_path):
    (tmp_path / "p.toml").write_text("")
    _, document, _ = features("img_shear.nii.gz", "m_shear.nii.gz", "--protocol", str(tmp_path / "p.toml"))
    row = one(document)
    assert row["features"]["morphology_volume_voxels"] == pytest.approx(1620.0, rel=1e-6)
    assert "not at right angles" in row["reasons"]["morphology_surface_area"]


@pytest.mark.parametrize(
    "text", ["[resampling]\nspacing = 1\n", '[filtering]\nfilters = ["mean:support=3"]\n']
)
def test_what_works_along_axes_refuses_a_sheared_grid(features, tmp_path, text):
    (tmp_path / "p.toml").write_text(text)
    words = ("img_shear.nii.gz", "m_shear.nii.gz", "--protocol", str(tmp_path / "p.toml"))
    code, _, err = features(*words)
    assert code == 4
    assert "not at right angles" in err


def test_half_a_micrometre(features):
    plain = one(features("img.nii.gz", "m.nii.gz")[1])["features"]
    found = one(features("img_uct.nii.gz", "m_uct.nii.gz")[1])["features"]
    assert found["Volumetric_Volume"] == pytest.approx(360 * 0.0005**3, rel=1e-6)
    assert found["GLCM_Entropy"] == plain["GLCM_Entropy"]
    assert found["Morphologic_Roundness"] is not None


def test_detail_below_single_precision(features):
    found = one(features("img_off3.nii.gz", "m.nii.gz")[1])["features"]
    assert found["Intensity_Variance"] > 0
    assert found["GLCM_Entropy"] > 1
    assert found["Intensity_Minimum"] == 999.999972676057


def test_labels_that_single_precision_would_merge(features):
    rows = features("img.nii.gz", "lab2.nii.gz", "--label", "all")[1]["rows"]
    assert [row["columns"]["label"] for row in rows] == [16777216, 16777217]
    assert [row["features"]["Volumetric_Pixels"] for row in rows] == [360, 1]
    alone = one(features("img.nii.gz", "lab2.nii.gz", "--label", "16777217")[1])
    assert alone["features"]["Volumetric_Pixels"] == 1


REFUSED = {
    "complex": (("img_cplx.nii.gz", "m.nii.gz"), "complex numbers"),
    "colours": (("img_rgb.nii.gz", "m.nii.gz"), "colours (RGB)"),
    "NaN outside": (("img.nii.gz", "nanmask.nii.gz"), "1 of 3,240 voxels of the mask are NaN"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_refused_by_name(features, kind):
    words, text = REFUSED[kind]
    code, _, err = features(*words)
    assert code == 4
    assert text in err


def test_a_file_of_another_format_between_two_good_ones(features):
    code, document, err = features("batch_mgz.csv")
    assert code == 5
    assert "case 3 failed [volume.format]: FreeSurfer's MGZ is not read" in err
    assert [row["columns"]["Case"] for row in document["rows"]] == ["good", "good2"]
    assert [failed["columns"]["Case"] for failed in document["failed"]] == ["mgz"]
    assert np.isfinite(document["rows"][1]["features"]["GLCM_Entropy"])
