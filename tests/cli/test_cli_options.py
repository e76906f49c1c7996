"""Options of every command: names, limits, defaults; one that stands for a setting has its default."""

from __future__ import annotations

import inspect

import pytest
import typer
from tests.cli.test_every_command import commands

from kinephen.cli import program

OPTIONS = {
    "features": """
        PATHS...!  --mode=ibsi  --label=  --bins=32  --bin-width  --maps*  --name=map
        --merge/--no-merge?  --lbp/--no-lbp?  --preset=1.7.1_as_executed  --parameters
        --protocol  --filter*  --mesh=separated  --out/-o  --csv?  --parquet?  --json?  --workers[1:]=1
    """,
    "demo": """
        --out/-o=demo-output  --patients/--women[12:]=40  --validation[0:]=20  --seed[0:]=1  --json?
        --quiet/-q?
    """,
    "run": """
        STUDY!  --out/-o=out  --preset/-p  --set*  --workers[1:]  --scheduler  --formats=svg,pdf,png
        --json?  --quiet/-q?
    """,
    "recipes": """
        STUDY!  --declare[1:100000]  --note=  --verify?  --head=  --json?
    """,
    "render": """
        REPORT!  --out/-o  --formats=svg,pdf,png  --json?
    """,
    "checklist": """
        RUN!  --name/-n=all  --format/-f=md  --status=all  --out/-o  --json?
    """,
    "status": """
        STUDY!  --out/-o=out  --preset/-p  --set*  --json?
    """,
    "info": """
        WHAT!  --json?
    """,
    "ftv": """
        EXAM!  --out/-o!  --pe-threshold  --background  --tissue-threshold  --neighbours[0:26]
        --ser-min=0.9  --omitted-as-zero/--no-omitted-as-zero?  --connectivity=26  --mask
        --mask-label[1:]  --manifest  --variant=paper  --zero-otherwise/--no-zero-otherwise?
        --normalise-wos/--no-normalise-wos?=True  --bias=none  --bias-scope=shared  --bias-mask
        --motion?  --rigid?  --accept*  --subject=case  --session=  --json?
    """,
    "export": """
        EXAM!  --out/-o!  --mask  --mask-label[1:]  --seg?  --sr?  --nifti?  --slicer?  --qc?  --manifest
        --pe-threshold  --bias=none  --motion?  --review  --reader-name?  --reviewer=  --accept*
        --subject=case  --session=  --json?
    """,
    "package": """
        RUN!  --out/-o!  --format/-f!  --study  --preset/-p  --set*  --author*  --license=  --json?
        --quiet/-q?
    """,
    "inspect": """
        PATH!  --manifest  --verbatim?  --headers-only?  --json?
    """,
    "simulate": """
        --out!  --patients/--women=40  --validation=20  --matrix=96  --slices=24  --seed[0:]=1
        --set*  --preset=recommended  --json?
    """,
    "survival": """
        TABLE!  --time  --event  --group  --covariates  --model*  --strata  --weights  --rho[0:]=0.0
        --competing/--causes  --join  --id  --sheet  --time-unit  --end-point=rfs  --horizon
        --landmark  --replicates[0:]=100  --study  --seed[0:]=1  --json?  --out/-o
    """,
    "fetch": """
        COLLECTION!  --out/-o  --visits=T1,T2  --limit[1:]  --dry-run?  --json?  --quiet/-q?
    """,
    "fit": """
        STUDY!  --out/-o!  --run  --preset/-p  --set*  --individuals?  --r-function  --workers[1:]
        --scheduler  --json?  --quiet/-q?
    """,
    "predict": """
        NEW!  --model/-m!  --out/-o!  --visits  --clinical  --with  --expression*  --platform*
        --link  --cohort  --horizon*  --cox-model  --show-ids?  --workers[1:]  --json?  --quiet/-q?
    """,
    "validate": """
        NEW!  --model/-m!  --out/-o!  --visits  --clinical  --expression*  --platform*  --link
        --cohort  --horizon[0.0:]  --name=External_validation  --workers[1:]  --json?  --quiet/-q?
    """,
    "reproduce": """
        ARTICLE!  --ispy1  --nact  --geo*  --study  --out/-o=reproduction  --set*  --replicates[2:]
        --seed[0:]=1  --workers[1:]  --json?  --quiet/-q?
    """,
    "phenotypes fit": """
        TABLE!  --out/-o!  --preset/-p=recommended  --set*  --labels  --content  --identifiers?
        --seed[0:]=1  --json?
    """,
    "phenotypes apply": """
        MODEL!  TABLE!  --out/-o  --k  --json?
    """,
    "config show": """
        STUDY  --preset/-p  --set*  --json?
    """,
    "config diff": """
        FIRST=chitalia2023  SECOND=recommended  --json?
    """,
    "config schema": """
        WHAT=study
    """,
    "signatures score": """
        EXPRESSION...!  --out/-o!  --platform*  --signature*  --centre=platform-median
        --ror=parker-code  --collapse=mean  --cut=0.4  --min-coverage[0.0:1.0]  --combat?
        --er-share=0.5  --clinical  --link  --genefu  --json?
    """,
    "signatures add": """
        FILE!  --replace?  --json?
    """,
    "signatures template": "",
    "signatures list": """
        --json?
    """,
    "review export": """
        STUDY!  --case  --visit  --preset/-p  --set*  --json?  --quiet/-q?
    """,
    "review import": """
        STUDY!  --case!  --visit!  --name!  --mask  --reason=  --meaning=  --segment  --allow-empty?
        --preset/-p  --set*  --json?
    """,
    "review confirm": """
        STUDY!  --case!  --visit!  --name!  --revision[0:]  --reason=  --meaning=  --preset/-p
        --set*  --json?
    """,
    "review reject": """
        STUDY!  --case!  --visit!  --name!  --reason!  --revision[0:]  --meaning=  --preset/-p
        --set*  --json?
    """,
    "review status": """
        STUDY!  --preset/-p  --set*  --json?
    """,
    "review verify-log": """
        STUDY!  --head=  --json?
    """,
}
"""`!` must be given, `*` may be repeated, `?` is a flag, `[least:most]`, `=default` (blanks as _)."""


@pytest.fixture(scope="module")
def found():
    program.register()
    root = typer.main.get_command(program.app)
    return {name.removeprefix("kinephen "): command for name, command in commands(root, "kinephen")}


def shown(option):
    kind = getattr(option, "type", option)
    low, high = getattr(kind, "min", None), getattr(kind, "max", None)
    if option.param_type_name == "argument":
        text = option.name.upper() + ("..." if option.nargs == -1 else "")
    else:
        text = "/".join([*option.opts, *option.secondary_opts])
        text += "*" if option.multiple else "?" if getattr(option, "is_flag", False) else ""
    if low is not None or high is not None:
        text += f"[{'' if low is None else low}:{'' if high is None else high}]"
    if option.required:
        return text + "!"
    if option.default is None or option.default is False or option.default == []:
        return text
    return f"{text}={option.default}".replace(" ", "_")


def test_every_command_is_listed(found):
    assert sorted(found) == sorted(OPTIONS)


@pytest.mark.parametrize("name", OPTIONS)
def test_options_are_those_that_are_documented(found, name):
    assert [shown(p) for p in found[name].params] == OPTIONS[name].split()


def defaults(function):
    return {n: p.default for n, p in inspect.signature(function).parameters.items()}


def test_defaults_of_one_exam_are_those_of_the_settings():
    from kinephen.cli.export import export
    from kinephen.cli.ftv import ftv
    from kinephen.config.load import load_changes

    settings, given = load_changes("recommended", ()).settings, defaults(ftv)
    assert (given["ser_min"], given["connectivity"]) == (settings.ftv.ser_min, settings.ftv.connectivity)
    for name in ("variant", "zero_otherwise", "normalise_wos"):
        assert given[name] == getattr(settings.maps, name)
    assert given["bias_scope"] == settings.bias.scope
    assert given["bias"] == defaults(export)["bias"] == "none"
    assert given["omitted_as_zero"] is False


def test_defaults_of_signatures_are_those_of_scoring():
    from kinephen.cli.signatures import score
    from kinephen.study.tables.signatures import Request

    given, request = defaults(score), Request(expression=())
    pairs = {"centre": "centre", "ror": "ror_variant", "collapse": "collapse", "cut": "gene70_cut"}
    for option, name in {**pairs, "er_share": "er_share", "combat": "combat"}.items():
        assert given[option] == getattr(request, name)


def test_defaults_of_a_simulated_trial_are_those_of_its_settings():
    from kinephen.cli.simulate import simulate
    from kinephen.simulate.settings import make_settings

    settings = make_settings({})
    given = {n: getattr(d, "default", d) for n, d in defaults(simulate).items()}
    assert (given["matrix"], given["slices"]) == (settings.image.matrix, settings.image.slices)
    assert (given["patients"], given["validation"]) == (settings.patients, settings.validation)


def test_defaults_of_phenotypes_and_features_are_those_of_the_library():
    from kinephen.cli import features, phenotypes
    from kinephen.radiomics.captk.presets import EXECUTED
    from kinephen.study.tables.features import Settings
    from kinephen.study.tables.phenotypes import FitRequest

    given, request = defaults(phenotypes.fit), FitRequest()
    assert [given[n] for n in ("preset", "content", "identifiers", "seed")] == [
        *(request.preset, request.content, request.identifiers, request.seed)
    ]
    given, settings = defaults(features.features), Settings()
    for name in ("mode", "bins", "bin_width", "lbp"):
        assert given[name] == getattr(settings, name)
    assert (given["merge"], settings.aggregation) == (False, "average")
    assert given["preset"] == EXECUTED.name
