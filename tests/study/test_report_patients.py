"""The patients' pages and the explorer: each number is in a document, and text stays text."""

from __future__ import annotations

import json
import re
import runpy
from pathlib import Path

import numpy as np
import pytest

from kinephen.core.files import write_whole
from kinephen.core.written import owned
from kinephen.errors import InputError
from kinephen.report.render import load_report, render_report
from kinephen.study.frame import cohort_rows
from kinephen.study.steps.cox_models import FrozenLadder
from kinephen.study.steps.risk import study_risks
from kinephen.study.steps.tiles import read_tiles

TESTS = Path(__file__).parents[1]
SAMPLE, PAGE, MADE = (runpy.run_path(str(TESTS / f"report_{n}.py")) for n in ("sample", "page", "patients"))
HOSTILE = "<script>alert('x')</script> \"&amp;{{7*7}} ]]> </style>"


def render(out, n=10, word=""):
    report = SAMPLE["sample_report"](n)
    figures = {"km_phenotype": report.figures["km_phenotype"]}
    report = report.model_copy(update={"figures": figures})
    report = MADE["with_explorer"](MADE["with_pages"](report, out, word), word=word)
    render_report(report, out)
    return report


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    out = tmp_path_factory.mktemp("patients")
    return render(out), out


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    out = tmp_path_factory.mktemp("hostile")
    return render(out, word=HOSTILE), out


def shown_numbers(html):
    """Return pointer, format and text of each number of their own document."""
    found = re.findall(r'<span data-own="([^"]+)" data-format="([^"]+)">([^<]*)</span>', html)
    return [(p.replace("&#39;", "'"), f, t) for p, f, t in found]


def check_page(folder, patient, index):
    """Assert that each number of their page stands in report.json or in their own document."""
    html = (folder / "patients" / f"{patient.page}.html").read_text("utf-8")
    report = json.loads((folder / "report.json").read_text("utf-8"))
    own = json.loads((folder / "assets" / f"{patient.detail}.json").read_text("utf-8"))
    for item in PAGE["read_page"](html).shown:
        assert item.text.strip() == PAGE["expected"](PAGE["find"](report, item.pointer), item.form)
        assert item.pointer.startswith(f"/patients/{index}/")
    numbers = shown_numbers(html)
    assert len(numbers) > 5
    for pointer, form, text in numbers:
        assert text == PAGE["expected"](PAGE["find"](own, pointer), form)
    return html, own


def test_each_number_of_a_page_stands_in_a_document(made):
    report, folder = made
    for index, patient in enumerate(report.patients[:-1]):
        check_page(folder, patient, index)


def test_features_stand_there_as_in_the_document(made):
    report, folder = made
    html, own = check_page(folder, report.patients[1], 1)
    cells = re.findall(
        r'<th scope="row" class="left">([^<]*)</th>((?:<td class="right">[^<]*</td>){3})</tr>', html
    )
    found = {name: re.findall(r">([^<]*)<", values)[::2] for name, values in cells}
    features = own["features"]
    for i, name in enumerate(features["names"]):
        if name.startswith("SER"):  # the last map's names come last
            wanted = [PAGE["number"](features[k][i], "sig3") for k in ("first", "second", "change")]
            assert found[name.partition("_")[2].replace("_", " ")] == wanted


def test_patients_are_linked_and_pages_lead_on(made):
    report, folder = made
    page = (folder / "report.html").read_text("utf-8")
    links = re.findall(r'href="patients/([^"]+)\.html"', page)
    assert links == [w.page for w in report.patients[:-1]]
    assert sorted(p.stem for p in (folder / "patients").iterdir()) == sorted(links)
    second = (folder / "patients" / f"{links[1]}.html").read_text("utf-8")
    assert f'href="{links[0]}.html" rel="prev"' in second
    assert f'href="{links[2]}.html" rel="next"' in second
    assert "../report.html#patients" in second


def test_a_page_asks_for_nothing_and_runs_nothing(made, hostile):
    for _, folder in (made, hostile):
        for path in (folder / "patients").iterdir():
            text = path.read_text("utf-8")
            page = PAGE["read_page"](text)
            assert not [t for t, _ in page.tags if t == "script"]
            assert not [a for _, a in page.tags if any(k.startswith("on") for k in a)]
            assert "default-src 'none'" in text
            assert "http:" not in text
            assert "https:" not in text
            assert "<script>alert" not in text
            assert len(page.ids) == len(set(page.ids))


def test_hostile_words_of_the_explorer_stay_words(hostile):
    report, folder = hostile
    text = (folder / "report.html").read_text("utf-8")
    assert "<script>alert" not in text
    data = text.split('id="explorer-data">')[1].split("</script>")[0]
    assert json.loads(data) == json.loads((folder / "report.json").read_text("utf-8"))["explorer"]
    assert HOSTILE in report.explorer.variables[0].label


def test_pages_are_made_again_from_report_json_and_old_ones_go(made, tmp_path):
    _report, folder = made
    with owned(tmp_path, "report", ["patients/case-9999.html"]):
        write_whole(tmp_path / "patients" / "case-9999.html", b"old")
    render_report(load_report(folder / "report.json"), tmp_path, images=folder)
    assert {p.name for p in (tmp_path / "patients").iterdir()} == {
        p.name for p in (folder / "patients").iterdir()
    }
    for path in (tmp_path / "patients").iterdir():
        assert path.read_bytes() == (folder / "patients" / path.name).read_bytes()


def test_a_changed_document_is_refused(tmp_path):
    report = render(tmp_path, 3)
    path = tmp_path / "assets" / f"{report.patients[0].detail}.json"
    path.write_text(path.read_text("utf-8").replace("1.25", "9.25"))
    with pytest.raises(InputError) as caught:
        render_report(report, tmp_path)
    assert caught.value.code == "report.asset_changed"


# A run's own


def test_a_run_has_a_page_for_each_patient(finished):
    results, written, folder = finished
    patients = written.report.patients
    assert len(patients) == len(list((folder / "patients").iterdir())) == 24
    for index in (0, len(patients) - 1):
        html, own = check_page(folder, patients[index], index)
        tile = read_tiles(results.cases.tiles[(patients[index].page, "T1")])
        assert own["visits"][0]["curve"]["median"] == pytest.approx(list(tile.curve[1]))
        assert own["visits"][0]["slice"] == tile.slice + 1
        table = results.cases.table(results.cohort.main.name, "T2")
        names = own["features"]["names"]
        wanted = table.loc[patients[index].page, names].to_numpy()
        np.testing.assert_array_equal(np.array(own["features"]["second"], dtype=float), wanted)
        assert own["visits"][1]["ftv_pe_cc"] == patients[index].ftv2
        assert "data:image/png;base64," in html


def test_the_curve_is_that_of_the_lesions_voxels(finished):
    results = finished[0]
    tile = read_tiles(next(iter(results.cases.tiles.values())))
    low, median, high = tile.curve
    assert low[0] == median[0] == high[0] == 0.0
    assert (low <= median).all()
    assert (median <= high).all()
    # Every voxel of the FTV enhances by at least 70 % early.
    assert median[1] > 70.0


def test_the_explorer_holds_the_runs_values(finished):
    results, written, _ = finished
    explorer, main = written.report.explorer, results.cohort.main
    by_name = {(v.heading, v.label): v for v in explorer.variables}
    case = explorer.patients[0]
    component = main.phenotypes.evidence.component_names[0]
    score = main.phenotypes.rows("discovery")[case].scores[component]
    variable = by_name[("Components", component)]
    assert variable.values[0] == pytest.approx(score, rel=1e-4)
    assert explorer.groups[explorer.group[0]] == main.labels[str(main.frame.loc[case, "phenotype"])]
    for g in range(len(explorer.groups)):
        chosen = (np.array(explorer.group) == g) & np.array(explorer.discovery)
        values = np.array(variable.values)[chosen]
        assert variable.boxes[g].median == pytest.approx(np.median(values), rel=2e-4, abs=1e-6)


def test_risks_agree_with_the_model_and_keep_within_bounds(finished):
    main = finished[0].cohort.main
    found = main.risks
    assert list(found.titles) == sorted(found.titles, key=lambda n: -len(columns_of(main)[n]))
    frame = cohort_rows(main.frame, "discovery")
    assert set(frame.index) <= set(found.patients)
    risks = [r for own in found.patients.values() for r in own.risks]
    assert {r.kind for r in risks} == {"log(-log)"}
    assert all(0.0 <= r.low <= r.value <= r.high <= 1.0 for r in risks)
    # Breslow's baseline: expected events by the end equal observed ones, so that risk is right on average.
    at_three = [r.value for c in frame.index for r in found.patients[c].risks if r.horizon == 3.0]
    seen = ((frame["time"] <= 3.0) & (frame["event"] == 1)).mean()
    assert len(at_three) == len(frame)
    assert abs(float(np.mean(at_three)) - seen) < 0.2


def columns_of(main):
    return {n: m.columns for n, m in main.survival.ladder.models.items()}


def test_a_risk_is_one_minus_the_exponential_of_the_hazard(finished):
    """By plain code: Breslow's hazard with Efron's ties, times the hazard ratio, in years."""
    main = finished[0].cohort.main
    columns, nearest = columns_of(main), {}
    for rows in main.phenotypes.assignment.values():
        nearest |= {case: str(row.nearest) for case, row in rows.items()}
    rows = cohort_rows(main.frame, "discovery").dropna(subset=[c for own in columns.values() for c in own])
    coefficients = {n: m.coefficients for n, m in main.survival.ladder.models.items()}
    checked = 0
    for case, own in main.risks.patients.items():
        if not own.model:
            continue
        weights = [c.coef for c in coefficients[own.model]]

        def score(row, name=own.model, weights=weights):
            values = [float(row[c]) if c != "phenotype" else float(row[c] == "2") for c in columns[name]]
            return sum(w * v for w, v in zip(weights, values, strict=True))

        hazard_ratio = {c: np.exp(score(row)) for c, row in rows.iterrows()}
        patient = main.frame.loc[case].copy()
        patient["phenotype"] = nearest[case]
        for risk in own.risks:
            hazard = 0.0
            for time in sorted(set(rows.loc[rows["event"] == 1, "time"])):
                if time <= risk.horizon:
                    at_risk = sum(hazard_ratio[c] for c in rows.index if rows["time"][c] >= time)
                    dying = [c for c in rows.index if rows["time"][c] == time and rows["event"][c] == 1]
                    own_sum = sum(hazard_ratio[c] for c in dying)
                    hazard += sum(1.0 / (at_risk - k / len(dying) * own_sum) for k in range(len(dying)))
            assert risk.value == pytest.approx(1.0 - np.exp(-hazard * np.exp(score(patient))), rel=1e-6)
            checked += 1
    assert checked >= 20


def test_no_model_leaves_a_reason(finished):
    main = finished[0].cohort.main
    found = study_risks(main.frame, {}, FrozenLadder(rows=main.frame, models={}, known={}))
    assert found.patients == {}
    assert found.reason


def test_the_further_figures_and_tables_are_there(finished):
    results, written, folder = finished
    report = written.report
    for name in ("schematic", "validation_heatmap", "phenotype_heatmap"):
        assert (folder / "figures" / f"{name}.svg").stat().st_size > 2000
    rows = report.tables["feature_list"].rows
    evidence = results.cohort.main.phenotypes.evidence
    assert sum(r["kept"] for r in rows) == evidence.features_kept
    assert len(rows) == evidence.features_seen
    for row in rows:
        own = [r.loading for r in evidence.loadings if r.feature == row["feature"]]
        assert bool(own) == row["kept"]
        if own:
            assert abs(row["loading"]) == max(abs(v) for v in own)
    validation = report.tables["table1_validation"].rows[0]
    known = cohort_rows(results.cohort.main.frame, "validation")
    assert sum(validation[k].n for k in ("no_event", "event")) == len(known)
    drawn = report.figures["validation_heatmap"].data
    assert len(drawn.column_labels) == results.cohort.main.flow.n("features", "validation")
