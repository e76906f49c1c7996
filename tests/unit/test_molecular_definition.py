"""Signature files: the built-in ones, a user's own, and what is refused."""

from __future__ import annotations

import copy

import pytest
from tests.expression_sample import SUBTYPES, signature

from kinephen.errors import InputError, UsageError
from kinephen.io.signatures import (
    add_signature,
    list_signatures,
    load_platform_medians,
    load_signature,
    user_folder,
)
from kinephen.molecular.definition import signature_from_dict

SUM = {
    "format": 1,
    "name": "mine",
    "title": "My score",
    "kind": "weighted_sum",
    "profiles": ["weight"],
    "cuts": [18.0, 31.0],
    "labels": ["low", "intermediate", "high"],
    "genes": [
        {"id": "G1", "symbols": ["ESR1"], "weight": 0.8},
        {"id": "G2", "entrez": 596, "weight": -1.2},
        {"id": "G3", "symbols": ["MKI67"], "weight": 1.0},
    ],
}


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def changed(**changes):
    return {**copy.deepcopy(SUM), **changes}


@pytest.mark.parametrize(("name", "genes"), [("pam50", 50), ("gene70", 70), ("p53", 48)])
def test_built_in(name, genes):
    loaded = signature(name)
    assert len(loaded.genes) == len(loaded.profiles) == genes
    assert "research re-creation" in loaded.title
    assert "not for clinical use" in loaded.notice
    assert loaded.citation
    assert not loaded.profiles.isna().any().any()


def test_patents_and_trademarks_are_named():
    assert "9,631,239" in signature("pam50").notice
    assert "MammaPrint" in signature("gene70").notice


def test_pam50_content():
    pam50 = signature("pam50")
    assert tuple(pam50.profiles.columns) == SUBTYPES
    assert len(pam50.gene_set("proliferation")) == 11
    assert set(pam50.ror) == {"ror_s", "ror_p", "ror_c", "ror_pc"}
    assert set(pam50.ror["ror_s"]) == {"parker-code", "published"}


def test_platform_medians():
    medians = load_platform_medians("agilent-4x44k")
    assert set(medians.index) == set(signature("pam50").genes.index)
    with pytest.raises(InputError, match="no medians for 'u133a'"):
        load_platform_medians("u133a")


TOML = """
format = 1
name = "mine"
title = "My score"
kind = "cosine"
profiles = ["good"]
cuts = [0.2]
labels = ["bad", "good"]
genes = [
  { id = "ESR1", symbols = ["ESR1"], good = 1.0 },
  { id = "MKI67", entrez = 4288, good = -1.0 },
]
"""


def test_add_then_load_by_name(tmp_path):
    path = tmp_path / "file.toml"
    path.write_text(TOML)
    assert add_signature(path).name == "mine"
    assert load_signature("mine").kind == "cosine"
    assert [e.origin for e in list_signatures()] == ["built-in"] * 3 + ["added"]
    assert [p.name for p in user_folder().iterdir()] == ["mine.toml"]
    with pytest.raises(UsageError, match="there is a signature 'mine' already"):
        add_signature(path)
    path.write_text(TOML.replace("My score", "Newer"))
    assert add_signature(path, replace=True).title == "Newer"


def test_built_in_names_stay(tmp_path):
    path = tmp_path / "file.toml"
    path.write_text(TOML.replace('"mine"', '"pam50"'))
    with pytest.raises(UsageError, match="'pam50' already"):
        add_signature(path, replace=True)
    assert load_signature(path).kind == "cosine"


def test_unknown_name_lists_the_known():
    with pytest.raises(InputError, match="no signature 'oncotype'") as caught:
        load_signature("oncotype")
    assert "gene70, pam50, p53" in caught.value.hint


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"a = ", "not a TOML file"),
        (b"\xff\xfe", "not UTF-8"),
        (b'format = 2\nname="x"', "format is 2, expected 1"),
    ],
)
def test_unreadable_file(tmp_path, content, words):
    path = tmp_path / "bad.toml"
    path.write_bytes(content)
    with pytest.raises(InputError, match=words):
        load_signature(path)


def test_missing_file(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        add_signature(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"kind": "forest"}, "signature.kind", "kind is 'forest'"),
        ({"name": "../up"}, "signature.value", "name is '../up'"),
        ({"colour": 1}, "signature.unknown_key", "unknown key colour"),
        ({"profiles": ["a", "b"]}, "signature.value", "profiles is"),
        ({"profiles": ["entrez"]}, "signature.value", "profiles is"),
        ({"cuts": [31.0, 18.0]}, "signature.rule", "2 cuts and 3 labels"),
        ({"labels": ["low", "high"]}, "signature.rule", "2 cuts and 2 labels"),
        ({"call": "largest"}, "signature.rule", "call is 'largest' for 1 profile"),
        ({"min_coverage": 1.5}, "signature.value", "min_coverage is 1.5"),
        ({"intercept": "x"}, "signature.value", "intercept is 'x'"),
        ({"clip": [5, 1]}, "signature.rule", "clip is"),
        ({"applies_to": "men"}, "signature.applies_to", "applies_to is 'men'"),
        ({"groups": [{"weight": 1}]}, "signature.unknown_key", "group with keys"),
        ({"groups": [{"name": "a"}]}, "signature.genes", "groups defined \\['a'\\]"),
        ({"genes": SUM["genes"][:1]}, "signature.genes", "1 genes"),
        ({"genes": [SUM["genes"][0]] * 2}, "signature.genes", "2 genes, 1 different ids"),
        ({"genes": [{"symbols": ["X"], "weight": 1.0}] * 2}, "signature.genes", "without id"),
        ({"genes": [{"id": "X", "weight": 1.0}] * 2}, "signature.genes", "gene X cannot be found"),
        ({"genes": [{"id": "X", "symbols": ["X"]}] * 2}, "signature.value", "gene X, weight is None"),
        ({"genes": [{"id": "X", "symbols": ["X"], "weight": True}]}, "signature.value", "is True"),
        (
            {"genes": [{"id": "X", "symbols": ["X"], "wait": 1.0}]},
            "signature.unknown_key",
            "gene X: unknown key wait",
        ),
        ({"ror": {"ror_s": {"v": {"cuts": [1, 2]}}}}, "signature.rule", "without weights"),
    ],
)
def test_refused(changes, code, words):
    with pytest.raises(InputError, match=words) as caught:
        signature_from_dict(changed(**changes), where="mine.toml")
    assert caught.value.code == code
    assert caught.value.where == "mine.toml"
    assert caught.value.hint


def test_missing_keys_are_named():
    with pytest.raises(InputError, match="without title, genes"):
        signature_from_dict({"format": 1, "name": "x", "kind": "cosine", "profiles": ["a"]})


def test_several_centroids_need_a_single_score_or_the_largest():
    genes = [{"id": g, "symbols": [g], "a": 1.0, "b": 2.0} for g in "XYZ"]
    document = {
        "format": 1,
        "name": "two",
        "title": "t",
        "kind": "centroids",
        "profiles": ["a", "b"],
        "genes": genes,
    }
    assert signature_from_dict(document).rule.call == "largest"
    with pytest.raises(InputError, match="several centroids and no single score"):
        signature_from_dict({**document, "call": "above"})
    with pytest.raises(InputError, match="difference is"):
        signature_from_dict({**document, "difference": ["a", "c"]})
    assert signature_from_dict({**document, "difference": ["a", "b"]}).rule.difference == ("a", "b")
