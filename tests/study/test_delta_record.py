"""One record of the change of features: model, data/, patients' pages and exports show the same numbers."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pandas as pd
import pytest
from tests.tiny_study import tiny_study, write_tiny_study

from kinephen.config.schema import Delta as DeltaSection
from kinephen.config.schema import Harmonise
from kinephen.errors import CohortError, InputError
from kinephen.phenotype.harmonise import fit_combat
from kinephen.radiomics.catalogue import BY_KEY
from kinephen.records.delta import Delta
from kinephen.report.exports.bids import write_bids
from kinephen.report.exports.source import read_run
from kinephen.report.folder import write_report
from kinephen.study.engine import SerialEngine
from kinephen.study.flow import delta_gaps
from kinephen.study.run import run_study
from kinephen.study.steps.delta import DeltaInputs, DeltaSettings, compute_delta, listed_issues, raise_stopped

FORMS = ("literal", "signed", "symmetric", "log_ratio", "difference")
HARMONISED = ("delta.form=difference", "harmonise.method=combat", "harmonise.mean_only=true")
RECIPES = [HARMONISED, *((f"delta.form={form}",) for form in FORMS)]


def by_hand(form, a, b, sign, scale):
    """Return the change of one feature of one patient, written out from the definition."""
    if form == "literal":
        return (b - a) / a if a else np.nan
    top = {
        "signed": lambda: (b - a) / abs(a) if a else np.nan,
        "symmetric": lambda: 2 * (b - a) / (abs(a) + abs(b)) if a or b else np.nan,
        "log_ratio": lambda: np.log(b / a) if a > 0 and b > 0 else np.nan,
        "difference": lambda: (b - a) / scale if scale > 0 else np.nan,
    }[form]()
    return top * (sign or 1)


@pytest.fixture(scope="module")
def trial(tmp_path_factory):
    """Return the folder of the tiny study, and a store that has its exams."""
    root = tmp_path_factory.mktemp("delta")
    write_tiny_study(root / "trial")
    study = tiny_study(root / "trial")
    run_study(study, root / "trial", root / "first", engine=SerialEngine(), progress=silent)
    return root


@pytest.fixture(scope="module", params=RECIPES, ids=lambda r: "+".join(x.partition("=")[2] for x in r))
def recipe_run(request, trial, tmp_path_factory):
    """Return a run of the tiny study under one form."""
    out = tmp_path_factory.mktemp("form") / "out"
    shutil.copytree(trial / "first" / "store", out / "store")
    study = tiny_study(trial / "trial", *request.param)
    results = run_study(study, trial / "trial", out, engine=SerialEngine(), progress=silent)
    write_report(results, out)
    return results, out, request.param


def silent(what, done, total):
    """Progress that tells nobody."""


def exact(left, right):
    left, right = np.asarray(left, dtype=float), np.asarray(right, dtype=float)
    assert left.shape == right.shape
    assert ((left == right) | (np.isnan(left) & np.isnan(right))).all()


def test_every_output_has_the_change_that_the_model_saw(recipe_run, tmp_path):
    results, out, _ = recipe_run
    main = results.cohort.main
    seen = main.delta.frame()
    assert len(seen) == 16
    table = pd.read_parquet(out / "data" / "delta_features.parquet").set_index("case")
    assert list(table.index) == [results.plan.label(c) for c in seen.index]
    exact(table, seen)
    exact(pd.read_csv(out / "data" / "delta_features.csv", index_col="case"), seen)
    source = read_run(out)
    for case, patient in source.patients():
        page = source.detail(patient).features
        exact([page.change[page.names.index(f)] for f in seen.columns], seen.loc[case])
    bids = tmp_path / "bids"
    write_bids(source, bids)
    written = pd.read_csv(
        bids / "derivatives/kinephen/desc-change_features.tsv", sep="\t", index_col=0, na_values="n/a"
    )
    order = [str(c).removeprefix("sub-") for c in written.index]
    labels = {c.replace("-", ""): c for c in seen.index}
    exact(written, seen.loc[[labels[c] for c in order]])


def test_the_anndata_file_has_it_too(recipe_run, tmp_path):
    h5py = pytest.importorskip("h5py")
    from kinephen.report.exports.anndata import write_anndata

    results, out, _ = recipe_run
    write_anndata(read_run(out), tmp_path)
    with h5py.File(tmp_path / "features.h5ad") as file:
        cases = [c.decode() for c in file["obs/_index"]]
        features = [c.decode() for c in file["var/_index"]]
        turned = results.cohort.main.delta.reversed
        wanted = [-1 if f in turned else 1 for f in features]
        assert list(file["var/multiplied_by"][()]) == wanted
        assert list(file["var/sign"][()]) == [results.cohort.main.delta.signs[f] for f in features]
        assert file["uns/change"][()].decode().startswith("Change is ")
        exact(file["X"][()], results.cohort.main.delta.frame().reindex(index=cases, columns=features))


def test_every_place_names_the_sign_of_the_change_that_it_shows(recipe_run, tmp_path):
    results, out, recipe = recipe_run
    literal = recipe == ("delta.form=literal",)
    turned = {} if literal else {f for f in results.cohort.main.delta.table.columns if sign_of(f) == -1}
    table = pd.read_csv(out / "data" / "delta_features_signs.csv")
    assert [*table["sign"]] == [sign_of(f) for f in table["feature"]]
    assert {*table.loc[table["multiplied_by"] == -1, "feature"]} == {*turned}
    source = read_run(out)
    report = source.report
    assert {*report.change.reversed} == {*turned}
    assert len(turned) == report.numbers["reversed"].value == (0 if literal else 44)
    noun = "change, not sign-adjusted" if literal else "sign-adjusted change"
    shown = [v for v in report.explorer.variables if v.heading.split(": ")[0] in ("PE", "SER", "WIS", "WOS")]
    assert {v.heading.partition(": ")[2] for v in shown} == {noun}
    labels = {f"{v.heading.split(':')[0]}_{v.label}" for v in shown if v.label.endswith("(change times −1)")}
    used = {d.feature for d in results.cohort.main.phenotypes.evidence.filter if d.kept}
    assert (
        labels == {f"{f.replace('_', ' ')} (change times −1)".replace(" ", "_", 1) for f in turned & used}
        if turned
        else not labels
    )
    page = next((out / "patients").glob("*.html")).read_text(encoding="utf-8")
    assert f'class="right">{noun.capitalize()}</th>' in page
    assert page.count("(change times −1)") == len(turned)
    assert ("Change is not sign-adjusted" in page) == literal
    bids = tmp_path / "bids"
    write_bids(source, bids)
    described = json.loads((bids / "derivatives/kinephen/desc-change_features.json").read_text())
    assert {f for f, d in described.items() if d["MultipliedBy"] == -1} == {*turned}
    assert {d["SignAdjusted"] for d in described.values()} == {not literal}
    rows = {r["feature"]: r["sign"] for r in report.tables["feature_list"].rows}
    assert rows == {f: sign_of(f) for f in rows}
    methods = " ".join(s.text for part in report.methods for s in part.sentences)
    assert ("was not sign-adjusted" in methods) == literal
    heat = report.figures["phenotype_heatmap"].caption
    oriented = len({f for f in used if abs(sign_of(f)) == 1 and (sign_of(f) == 1 or not literal)})
    assert f"{oriented} of {len(used)} features" in heat


def sign_of(feature):
    return BY_KEY[feature.partition("_")[2]].sign


def test_the_model_was_learned_on_these_numbers_and_assigns_by_them(recipe_run):
    results, out, _ = recipe_run
    main = results.cohort.main
    model = json.loads((out / "model.json").read_text())
    train = main.delta.of("discovery")
    for feature in model["features"]:
        values = train[feature["name"]]
        assert feature["mean"] == pytest.approx(values.mean(), rel=1e-9, abs=1e-12)
        assert feature["sd"] == pytest.approx(values.std(ddof=1), rel=1e-9)
    moments = pd.DataFrame(model["features"]).set_index("name")
    for cohort, n in (("discovery", 14), ("validation", 2)):
        rows = main.delta.of(cohort)
        # A patient of a site that discovery has not cannot be harmonised, and is named.
        unknown = [e for e in main.delta.left_out if main.delta.cohorts[e.case] == cohort]
        assert len(rows) == n - len(unknown)
        assert {e.reason for e in unknown} <= {"site unknown to ComBat"}
        z = (rows[moments.index] - moments["mean"]) / moments["sd"]
        for case in rows.index:
            scores = []
            for group in model["components"]:
                centred = z.loc[case, group["features"]].to_numpy() - np.array(group["centre"])
                scores += list(centred @ np.array(group["loadings"]))
            stored = main.phenotypes.rows(cohort)[case].scores
            assert list(stored.values()) == pytest.approx(scores, rel=1e-6, abs=1e-9)


def test_the_change_is_that_of_the_features_of_the_visits(recipe_run):
    results, _, recipe = recipe_run
    form = recipe[0].partition("=")[2]
    if len(recipe) > 1:
        pytest.skip("ComBat is checked against the raw change below")
    delta = results.cohort.main.delta
    first, second = (results.cases.table("quick", v) for v in ("T1", "T2"))
    cohort = results.cohort.main.frame["cohort"]
    spread = first.loc[[c for c in first.index if cohort[c] == "discovery"]].std(ddof=1)
    assert (delta.scale is not None) == (form == "difference")
    frame = delta.frame()
    for feature in list(frame.columns)[::9]:
        sign = BY_KEY[feature.partition("_")[2]].sign
        for case in frame.index:
            wanted = by_hand(form, first.at[case, feature], second.at[case, feature], sign, spread[feature])
            assert frame.at[case, feature] == pytest.approx(wanted, rel=1e-9, nan_ok=True)


# The step by itself

CASES = [f"case-{i:02d}" for i in range(1, 15)]


def made(seed=1, form="symmetric", harmonise=None, **changes):
    """Return inputs of 10 + 4 patients and 3 features at unequal levels, and settings."""
    rng = np.random.default_rng(seed)
    columns = ["PE_GLCM_Energy", "SER_Intensity_Mean", "WIS_Intensity_Range"]
    first = pd.DataFrame(rng.uniform(1, 2, (14, 3)) * [1, 10, 100], CASES, columns)
    second = first * rng.uniform(0.5, 2.5, (14, 3))
    fields = {
        "visits": ("T1", "T2"),
        "first": first,
        "second": second,
        "cohorts": {c: "discovery" if i < 10 else "validation" for i, c in enumerate(CASES)},
        "batch": {c: "AB"[i % 2] for i, c in enumerate(CASES)},
    }
    settings = DeltaSettings(delta=DeltaSection(form=form), harmonise=harmonise or Harmonise())
    return settings, DeltaInputs(**{**fields, **changes})


def test_swapped_visits_swapped_cohorts_and_a_turned_sign_change_the_record():
    settings, inputs = made(form="difference")
    right = compute_delta(settings, inputs)
    _, swapped = made(form="difference", first=inputs.second, second=inputs.first)
    other = {c: "validation" if v == "discovery" else "discovery" for c, v in inputs.cohorts.items()}
    _, cohorts = made(form="difference", cohorts=other)
    digests = {compute_delta(settings, i).digest() for i in (inputs, swapped, cohorts)}
    assert len(digests) == 3
    # Energy falls as a tumour grows more heterogeneous: its change is turned round.
    assert BY_KEY["GLCM_Energy"].sign == -1
    feature = "PE_GLCM_Energy"
    train = inputs.first.loc[CASES[:10], feature]
    wanted = -(inputs.second[feature] - inputs.first[feature]) / train.std(ddof=1)
    np.testing.assert_allclose(right.frame()[feature], wanted)
    assert right.scale[feature] == pytest.approx(train.std(ddof=1))


def test_the_record_says_the_sign_of_each_feature():
    settings, inputs = made()
    found = compute_delta(settings, inputs)
    assert found.signs == {"PE_GLCM_Energy": -1, "SER_Intensity_Mean": 0, "WIS_Intensity_Range": 1}
    assert found.reversed == ("PE_GLCM_Energy",)
    assert found.oriented == ("PE_GLCM_Energy", "WIS_Intensity_Range")
    assert found.directions(found.signs) == {**found.signs, "PE_GLCM_Energy": 1}
    assert compute_delta(made(form="literal")[0], inputs).directions(found.signs) == found.signs
    assert found.sign_table().to_numpy().tolist() == [
        ["PE_GLCM_Energy", -1, -1],
        ["SER_Intensity_Mean", 0, 1],
        ["WIS_Intensity_Range", 1, 1],
    ]
    literal = compute_delta(made(form="literal")[0], inputs)
    assert literal.signs == found.signs
    assert (literal.reversed, literal.oriented) == ((), ("WIS_Intensity_Range",))
    with pytest.raises(ValueError, match="signs of other features"):
        Delta.model_validate({**found.model_dump(), "signs": {"PE_GLCM_Energy": -1}})


def test_combat_is_learned_on_discovery_and_taken_out_of_everybody():
    settings, inputs = made(harmonise=Harmonise(method="combat"))
    raw = compute_delta(made()[0], inputs)
    clean = compute_delta(settings, inputs)
    batch = pd.Series(inputs.batch)
    fitted = fit_combat(raw.of("discovery"), batch)
    np.testing.assert_allclose(clean.frame(), fitted.transform(raw.frame(), batch), rtol=1e-9)
    assert (raw.harmonised, clean.harmonised) == ("", "combat by site")
    assert clean.sites.after[0].by_batch < clean.sites.before[0].by_batch


def test_a_patient_of_an_unknown_site_changes_nobody_else():
    settings, inputs = made(harmonise=Harmonise(method="combat"))
    whole = compute_delta(settings, inputs)
    _, other = made(harmonise=settings.harmonise, batch={**inputs.batch, CASES[11]: "C"})
    found = compute_delta(settings, other)
    rest = [c for c in CASES if c != CASES[11]]
    pd.testing.assert_frame_equal(found.frame().loc[rest], whole.frame().loc[rest])
    assert found.frame().loc[CASES[11]].isna().all()
    assert [(e.case, e.reason) for e in found.left_out] == [(CASES[11], "site unknown to ComBat")]
    assert CASES[11] not in found.members("validation")


def test_one_visit_and_a_vanished_lesion_are_named_and_change_nobody_else():
    settings, inputs = made(form="difference")
    whole = compute_delta(settings, inputs)
    second = inputs.second.drop(index=CASES[12])
    second.loc[CASES[13]] = np.nan
    found = compute_delta(settings, made(form="difference", second=second)[1])
    assert [(e.case, e.step, e.reason) for e in found.left_out] == [
        (CASES[12], "exams", "no exam at T2"),
        (CASES[13], "features", "no lesion at T2"),
    ]
    assert list(delta_gaps(found)) == [CASES[13]]
    pd.testing.assert_frame_equal(found.frame().loc[CASES[:12]], whole.frame().loc[CASES[:12]])
    assert found.members("validation") == tuple(CASES[10:12])
    assert found.frame().loc[CASES[13]].isna().all()
    listed = listed_issues(found, dict(zip(CASES, CASES, strict=True)))
    assert set(listed.loc[listed["code"] == "delta.left_out", "where"]) == {CASES[12], CASES[13]}
    assert "delta.missing" not in set(listed["code"])


def test_without_a_discovery_cohort_the_change_is_given_unscaled_with_the_reason():
    settings, inputs = made(form="difference", cohorts={CASES[0]: "discovery"})
    found = compute_delta(settings, inputs)
    assert found.scale is None
    assert found.scale_reason.startswith("1 patient of the discovery cohort")
    np.testing.assert_allclose(
        found.frame()["SER_Intensity_Mean"],
        (inputs.second - inputs.first)["SER_Intensity_Mean"] * (BY_KEY["Intensity_Mean"].sign or 1),
    )
    assert "delta.unscaled" in set(listed_issues(found, {})["code"])


def test_an_impossible_harmonisation_leaves_the_change_and_stops_the_phenotypes():
    settings, inputs = made(harmonise=Harmonise(method="combat"), batch=None)
    found = compute_delta(settings, inputs)
    pd.testing.assert_frame_equal(found.frame(), compute_delta(made()[0], inputs).frame())
    assert found.harmonised == ""
    with pytest.raises(InputError, match="10 of 10 patients have no site") as caught:
        raise_stopped(found.stopped)
    assert caught.value.code == "combat.no_batch"
    one = compute_delta(settings, made(harmonise=settings.harmonise, batch=dict.fromkeys(CASES, "A"))[1])
    with pytest.raises(CohortError) as caught:
        raise_stopped(one.stopped)
    assert caught.value.code == "combat.one_batch"
    nobody = compute_delta(settings, made(harmonise=settings.harmonise, second=inputs.second.iloc[:0])[1])
    with pytest.raises(CohortError, match="no patient of the discovery cohort has both exams") as caught:
        raise_stopped(nobody.stopped)
    assert caught.value.code == "combat.no_exams"


def test_no_exam_at_all_gives_an_empty_record():
    settings, inputs = made()
    for changes in (
        {"second": inputs.second.iloc[:0]},
        {"first": inputs.first.iloc[:0], "second": inputs.second.iloc[:0]},
        {"first": inputs.first.iloc[:0, :0], "second": inputs.second.iloc[:0, :0]},
    ):
        found = compute_delta(settings, made(**changes)[1])
        assert found.frame().empty
        assert found.members("discovery") == ()


def test_the_record_is_the_same_after_writing_and_reading():
    settings, inputs = made(form="difference")
    record = compute_delta(settings, inputs)
    again = Delta.model_validate_json(record.model_dump_json())
    assert again == record
    assert again.digest() == record.digest()
    pd.testing.assert_frame_equal(again.frame(), record.frame())
