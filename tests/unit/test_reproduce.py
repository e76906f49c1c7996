"""Claims, checks of printed numbers, comparison rules and public tables of any name."""

from __future__ import annotations

import math
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinephen.errors import InputError, UsageError
from kinephen.io.public_tables import patient, read_public_tables
from kinephen.reproduce import printed
from kinephen.reproduce.claims import Article, Claim, load_article
from kinephen.reproduce.definitions import definition_quantities
from kinephen.reproduce.evidence import Inputs, make_ledger, read_evidence
from kinephen.reproduce.expression import platform_of, split_files
from kinephen.reproduce.found import Found
from kinephen.reproduce.ledger import judge_all
from kinephen.reproduce.verdicts import VERDICTS, compare, decimals, tolerance
from kinephen.study.public_cohorts import build_cohorts

ARTICLE = load_article("chitalia2023")


def claim(rule, printed_value, values, **more):
    return Claim(
        id="a.b", says="a claim", printed=printed_value, values=values, rule=rule, quantity="q", **more
    )


def verdict(rule, printed_value, values, ours, low=None, high=None, **more):
    return compare(claim(rule, printed_value, values, **more), Found(ours, "run", low=low, high=high))[0]


def test_every_place_of_the_article_has_rows():
    places = {place for place, _ in ARTICLE.claims()}
    wanted = {"Abstract", "Methods", "Results", "Discussion"}
    wanted |= {f"Table {i}" for i in range(1, 5)} | {f"Figure {i}" for i in range(1, 8)}
    assert wanted <= places
    assert sum(1 for _ in ARTICLE.claims()) >= 100


def test_every_check_is_used_and_every_used_check_exists():
    used = {c.agrees for _, c in ARTICLE.claims() if c.agrees}
    assert used == set(printed.CHECKS)


def test_printed_values_hold_the_numbers_that_are_compared():
    for _, c in ARTICLE.claims():
        if c.rule in ("count", "value", "p", "below", "above", "c"):
            numbers = [float(n) for n in re.findall(r"-?\d+\.?\d*", c.printed)]
            assert c.values[0] in numbers or c.values[0] == len(c.printed.split(", ")) or "+" in c.printed, (
                c.id
            )


def test_claims_that_nothing_answers_say_what_to_give():
    assert all(c.needs or c.quantity for _, c in ARTICLE.claims())


def test_an_unknown_article_names_the_known_ones():
    with pytest.raises(UsageError, match="no claims") as caught:
        load_article("hylton2016")
    assert "chitalia2023" in caught.value.hint


@pytest.mark.parametrize(
    "spoil",
    [
        {"id": "Bad Id"},
        {"rule": "count", "values": ()},
        {"share": (1.0, 2.0)},
        {"rule": "holds", "quantity": ""},
        {"unknown": 1},
    ],
)
def test_a_claim_that_is_not_whole_is_refused(spoil):
    base = {"id": "a.b", "says": "words", "printed": "1", "values": (1.0,), "rule": "count", "quantity": "q"}
    with pytest.raises(ValueError, match="."):
        Claim.model_validate({**base, **spoil})


def test_an_article_with_one_id_twice_is_refused():
    row = {"id": "a.b", "says": "words", "printed": "1", "rule": "none"}
    with pytest.raises(ValueError, match="same id"):
        Article.model_validate(
            {
                "title": "t",
                "citation": "c",
                "doi": "d",
                "needs": {},
                "part": [{"name": "p", "claims": [row, row]}],
            }
        )


def test_counts():
    assert verdict("count", "38", (38,), 38.0) == "reproduced"
    assert verdict("count", "38", (38,), 41.0, close=3) == "close"
    assert verdict("count", "38", (38,), 42.0, close=3) == "contradicted"
    assert verdict("count", "38", (38,), 39.0) == "contradicted"


def test_values_are_compared_at_the_printed_precision():
    assert verdict("value", "3.9", (3.9,), 3.93) == "reproduced"
    assert verdict("value", "3.90", (3.9,), 3.93) == "contradicted"
    assert verdict("value", "3.90", (3.9,), 3.93, close=0.1) == "close"


def test_p_values():
    assert verdict("p", "p = 0.02", (0.02,), 0.0187) == "reproduced"
    assert verdict("p", "p = 0.02", (0.02,), 0.001) == "close"
    assert verdict("p", "p = 0.02", (0.02,), 0.06) == "contradicted"
    assert verdict("below", "p < 0.001", (0.001,), 0.0009) == "reproduced"
    assert verdict("below", "p < 0.001", (0.001,), 0.01) == "close"
    assert verdict("below", "p < 0.001", (0.001,), 0.2) == "contradicted"
    assert verdict("below", "< 0.05", (0.05,), 0.06) == "contradicted"
    assert verdict("above", "p > 0.99", (0.99,), 1.0) == "reproduced"
    assert verdict("above", "p > 0.99", (0.99,), 0.5) == "close"
    assert verdict("above", "p > 0.99", (0.99,), 0.01) == "contradicted"
    assert verdict("significant", "significant", (), 0.01) == "reproduced"
    assert verdict("significant", "significant", (), 0.05) == "contradicted"
    assert verdict("not_significant", "n. s.", (), 0.05) == "reproduced"


def test_concordance_and_its_interval():
    assert verdict("c", "0.55", (0.55,), 0.553, 0.4, 0.7) == "reproduced"
    assert verdict("c", "0.55", (0.55,), 0.46, 0.33, 0.59) == "close"
    assert verdict("c", "0.79", (0.79,), 0.46, 0.33, 0.59) == "contradicted"
    assert verdict("interval", "0.55-0.56", (0.55, 0.56), 0.46, 0.33, 0.59) == "contradicted"
    assert verdict("interval", "0.57-0.69", (0.57, 0.69), 0.63, 0.57, 0.69) == "reproduced"
    assert verdict("interval", "0.57-0.69", (0.57, 0.69), 0.63, 0.55, 0.71) == "close"
    assert verdict("interval", "0.57-0.69", (0.57, 0.69), 0.63) == "not checkable"


def test_every_rule_says_its_tolerance():
    for _, c in ARTICLE.claims():
        assert tolerance(c) or c.rule == "none"


def test_decimals():
    assert [decimals(t) for t in ("48.15", "p = 0.002", "100", "-0.03", "5 x 100", "all")] == [
        2,
        3,
        0,
        2,
        0,
        0,
    ]


@given(st.floats(0, 1), st.floats(0, 1))
def test_any_p_gets_a_verdict(ours, wanted):
    for rule in ("p", "below", "above"):
        assert verdict(rule, f"{wanted:.3f}", (wanted,), ours) in VERDICTS


@given(st.integers(0, 300), st.integers(0, 300), st.integers(0, 20))
def test_counts_are_close_exactly_within_the_tolerance(ours, wanted, close):
    found = verdict("count", str(wanted), (wanted,), float(ours), close=close)
    gap = abs(ours - wanted)
    assert found == ("reproduced" if gap == 0 else "close" if gap <= close else "contradicted")


def test_printed_shares_that_do_not_follow_from_their_counts():
    bad = [c.id for _, c in ARTICLE.claims() if c.share and not printed.agreement(c)[0]]
    assert bad == ["table1.hr0"]


def test_printed_numbers_that_disagree_are_these():
    found = {name for name, check in printed.CHECKS.items() if not check()[0]}
    assert found == {
        "c_before", "p_of_rise", "sum_subtypes", "lr_m5", "one_kind_of_interval", "less_than_median",
        "stratum_of_all", "confusion_figure",
    }  # fmt: skip


def test_likelihood_ratios_add_up_as_the_statistics_say():
    # By hand (statistics of the design): p of model 5 against 4 about 0.04, 0.02 to 0.08 within the rounding.
    p, low, high = printed._gain_p()
    assert p == pytest.approx(0.04, abs=0.005)
    assert low == pytest.approx(0.02, abs=0.005)
    assert high == pytest.approx(0.08, abs=0.005)


def test_recurrences_by_phenotype_from_the_printed_counts():
    found = printed.printed_quantities()
    # The statistic of a 2 x 2 table in closed form, and its tail on one degree of freedom.
    statistic = 100 * (51 * 21 - 7 * 21) ** 2 / (58 * 42 * 72 * 28)
    assert found["recurrence.p"].value == pytest.approx(math.erfc(math.sqrt(statistic / 2)), rel=1e-9)
    # chisq.test and fisher.test of R 4.2.2 (stats).
    assert found["recurrence.p"].value == pytest.approx(3.052161e-05, rel=1e-6)
    assert found["printed.p_radiation"].value == pytest.approx(0.193391, rel=1e-5)
    assert found["printed.fisher_chemo"].value == pytest.approx(0.8984294, rel=1e-6)
    assert found["recurrence.more"].value is True


def test_the_sign_and_the_rule_for_k_are_put_to_the_test():
    found = definition_quantities(seed=3)
    assert found["definition.sign_matters"].value is False
    assert found["definition.k_rule"].value is False
    assert found["definition.features"].value == 104


def test_a_stand_in_never_answers_and_yields_to_anything_else():
    source = {"logrank.ftv2": Found(0.9, "stand-in", note="another measure")}
    row = next(r for r in judge_all(ARTICLE, [source], simulated=False) if r.id == "results.km_ftv")
    assert (row.verdict, row.ours) == ("not checkable", "0.9")
    assert "stand-in" in row.reason
    real = {"logrank.ftv2": Found(0.5, "run")}
    row = next(r for r in judge_all(ARTICLE, [source, real], simulated=False) if r.id == "results.km_ftv")
    assert (row.verdict, row.basis) == ("reproduced", "run")


def test_an_undefined_quantity_says_why():
    source = {"logrank.ftv2": Found(None, "run", note="one group only")}
    row = next(r for r in judge_all(ARTICLE, [source], simulated=False) if r.id == "results.km_ftv")
    assert row.verdict == "not checkable"
    assert "one group only" in row.reason


def test_nothing_given_still_gives_each_claim_a_row_and_a_reason():
    rows = judge_all(ARTICLE, [], simulated=False)
    assert len(rows) == sum(1 for _ in ARTICLE.claims())
    assert all(r.reason for r in rows)
    assert {r.verdict for r in rows} == {"not checkable", "internally inconsistent"}


def test_identifiers_of_a_patient():
    assert patient("ISPY1_1028") == patient("1028.0") == patient("ISPY-1028") == "1028"
    assert patient("UCSF-BR-06") == "UCSF-BR-06"


def clinical(n=30):
    rng = np.random.default_rng(4)
    return pd.DataFrame(
        {
            "SUBJECTID": range(1001, 1001 + n),
            "age": rng.integers(30, 60, n),
            "HR Pos": rng.integers(0, 2, n),
            "Her2MostPos": rng.integers(0, 2, n),
            "PCR": rng.integers(0, 2, n),
            "RFS": rng.integers(200, 2000, n),
            "rfs_ind": rng.integers(0, 2, n),
        }
    )


def visits(patients, orders=(1, 2)):
    rows = [(f"ISPY1_{w}", o, 1) for w in patients for o in orders]
    return pd.DataFrame(rows, columns=["PatientID", "visit_order", "n_SER"])


def link(patients):
    return pd.DataFrame(
        {"SUBJECTID": [float(w) for w in patients], "GEO_GSMID": [5000 + w for w in patients]}
    )


@pytest.fixture
def folder(tmp_path):
    patients = clinical()
    patients.to_csv(tmp_path / "zz.csv", index=False)
    visits(patients["SUBJECTID"]).to_csv(tmp_path / "aa.tsv", index=False, sep="\t")
    link(patients["SUBJECTID"][:20]).to_csv(tmp_path / "Copy of link (2).csv", index=False)
    return tmp_path


def test_files_are_told_by_their_columns(folder):
    found = read_public_tables(folder)
    assert found.files == {"clinical": "zz.csv", "link": "Copy of link (2).csv", "visits": "aa.tsv"}
    cohorts = build_cohorts(found)
    assert len(cohorts.discovery) == 20
    assert cohorts.discovery["sample_id"].iloc[0] == "GSM6001"
    assert any("NACT" in m for m in cohorts.missing)


def test_foreign_and_broken_files_are_passed_over_with_a_note(folder):
    (folder / "notes.csv").write_text("a,b\n1,2\n")
    (folder / "broken.xlsx").write_bytes(b"no workbook")
    (folder / "empty.csv").write_text("")
    (folder / "bad.csv.gz").write_bytes(b"\x1f\x8b\x08 nothing")
    found = read_public_tables(folder)
    assert found.clinical is not None
    assert {i.where for i in found.issues} == {"notes.csv", "broken.xlsx", "empty.csv", "bad.csv.gz"}


def test_the_longer_of_two_tables_of_one_kind_is_taken(folder):
    clinical(5).to_csv(folder / "aaa.csv", index=False)
    assert read_public_tables(folder).files["clinical"] == "zz.csv"


def test_a_clinical_table_is_read_as_the_study_file_beside_it_says(tmp_path):
    patients = pd.DataFrame({"who": ["U-1", "U-2"], "months": [40, 9], "back": [0, 1], "years": [50, 40]})
    patients.to_csv(tmp_path / "clinical.csv", index=False)
    study = tmp_path / "study.toml"
    columns = 'patient_id = "who"\ntime = "months"\nevent = "back"\nage = "years"\n'
    study.write_text(f'[study]\nclinical = "clinical.csv"\n[study.columns]\n{columns}')
    found = read_public_tables(tmp_path)
    assert found.clinical.time_unit == "months"
    assert found.clinical.frame["age"].tolist() == [50.0, 40.0]
    assert found.files["clinical"] == "clinical.csv"
    study.write_text(study.read_text().replace('"who"', '"whom"'))
    assert "clinical.column" in {i.code for i in read_public_tables(tmp_path).issues}


def test_a_list_of_studies_without_orders_cannot_be_used(folder):
    (folder / "aa.tsv").write_text("PatientID\tvisit_order\tn_SER\nISPY1_1001\tfirst\t1\n")
    found = read_public_tables(folder)
    assert found.visits is None
    assert {i.code for i in found.issues} == {"public.visits"}
    assert any("list of studies" in m for m in build_cohorts(found).missing)


def test_without_a_link_nobody_is_in_discovery(folder):
    (folder / "Copy of link (2).csv").unlink()
    cohorts = build_cohorts(read_public_tables(folder))
    assert len(cohorts.discovery) == 0
    assert any("GSE22226" in m for m in cohorts.missing)


def test_who_lacks_a_visit_or_a_value_is_left_out_with_the_reason(folder):
    patients = clinical()
    patients.loc[0, "Her2MostPos"] = None
    patients.to_csv(folder / "zz.csv", index=False)
    kept = [w for w in patients["SUBJECTID"] if w != 1002]
    pd.concat([visits(kept), visits([1002], (1,)), visits([1999])]).to_csv(
        folder / "aa.tsv", sep="\t", index=False
    )
    boxes = {b.key: b for b in build_cohorts(read_public_tables(folder)).flow}
    assert dict(boxes["ispy1_maps"].left) == {"no SER maps at the first two studies": 1, "no clinical row": 1}
    assert dict(boxes["ispy1_complete"].left) == {"HER2 unknown": 1}


def test_without_a_list_of_studies_no_number_of_the_cohort_is_judged(folder):
    (folder / "aa.tsv").unlink()
    evidence = read_evidence(Inputs(ispy1=folder), seed=1, replicates=2)
    ledger = make_ledger(ARTICLE, evidence, None, simulated=False, seed=1)
    found = {r.id: r for r in ledger.rows}
    assert found["abstract.patients"].ours == "20"
    assert found["abstract.patients"].verdict == "not checkable"
    assert "without both visits" in found["abstract.patients"].reason
    assert not any(r.basis == "public tables" and r.verdict == "contradicted" for r in ledger.rows)
    assert any("list of studies" in m for m in ledger.missing)


def test_no_folder_and_too_many_tables_are_errors(tmp_path):
    with pytest.raises(InputError, match="no such folder"):
        read_public_tables(tmp_path / "none")
    for i in range(201):
        (tmp_path / f"{i}.csv").write_text("a\n")
    with pytest.raises(InputError, match="201 tables"):
        read_public_tables(tmp_path)


def test_platform_tables_go_with_the_matrix_that_names_them(tmp_path):
    files = [tmp_path / n for n in ("GPL1_a.txt", "GPL2_a.txt", "X-GPL2_series_matrix.txt")]
    matrices, platforms = split_files(files)
    assert matrices == files[2:]
    assert platform_of(matrices[0], platforms) == files[1]
    with pytest.raises(UsageError, match="no platform table"):
        platform_of(tmp_path / "X-GPL3_series_matrix.txt", platforms)
    assert split_files(files[:1]) == (files[:1], [])
