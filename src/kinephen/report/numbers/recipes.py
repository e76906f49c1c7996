"""What the best of several recipes is worth: every recipe that was tried, and the price of the choice."""

from __future__ import annotations

from kinephen.core.counted import counted, noun
from kinephen.records.names import factor_words
from kinephen.records.recipes import RecipePriceRecord
from kinephen.report.numbers.survival import estimate
from kinephen.report.schema import Cell, Column, Estimate, Missing, Number, Statement, StatementRef, Table
from kinephen.study.steps.recipes import RecipesResult

ONE = "One recipe; no price."


def recipe_tables(result: RecipesResult) -> dict[str, Table]:
    """Return "Recipes tried", and the price of the choice where there was one."""
    found = {"recipes": _recipes(result)}
    if _priced(result) > 1:
        found["recipe_price"] = _price_table(result)
    return found


def recipe_numbers(result: RecipesResult) -> dict[str, Number]:
    """Return the number of recipes that are known of, and the repeats in which they were compared."""
    found = {"recipes": Number(value=result.total, label="recipes tried", format="int")}
    if result.price is not None:
        found["recipe_repeats"] = Number(
            value=result.price.replicates,
            label="repeats of the cross-validation of the recipes",
            format="int",
        )
    return found


def recipe_statements(result: RecipesResult, repeats: int) -> list[Statement]:
    """Return how many recipes were tried, and what the best of them is worth.

    Parameters
    ----------
    result : RecipesResult
    repeats : int
        Of the cross-validation of Table 4, whose C stands beside.
    """
    count = {"count": StatementRef(pointer="/numbers/recipes/value", format="int")}
    if result.total == 1:
        return [
            Statement(text="The log has {count} recipe for the phenotype: no choice was made.", refs=count)
        ]
    text = "{count} recipes for the phenotype are known to have been tried"
    if result.price is None or _priced(result) < 2:
        return [Statement(text=f"{text}; they could not be compared.", refs=count, kind="caution")]
    refs = dict(count)
    for name, row, part, form in (
        ("naive", "naive", "value/value", "f2"),
        ("noise", "noise", "value/value", "f2"),
        ("honest", "selected", "value/value", "f2"),
        ("low", "selected", "value/low", "f2"),
        ("high", "selected", "value/high", "f2"),
        ("p", "all", "p", "p"),
    ):
        pointer = f"/tables/recipe_price/rows/{ROWS.index(row)}/{part}"
        refs[name] = StatementRef(pointer=pointer, format=form)  # type: ignore[arg-type]
    refs["repeats"] = StatementRef(pointer="/numbers/recipe_repeats/value", format="int")
    text += (
        f". Compared in {{repeats}} {noun(result.price.replicates, 'repeat')} of a cross-validation of "
        "their own"
        f"{_other_repeats(result.price.replicates, repeats)}, with phenotypes found once on all patients, "
        "the "
        "best has a C of {naive}; by chance alone the best would have {noise} (permutation p {p}, corrected "
        "for the choice). Choosing the recipe in the training folds only gives {honest} (95 % interval {low} "
        "to {high})."
    )
    return [Statement(text=text, refs=refs)]


def _other_repeats(own: int, of_models: int) -> str:
    """Return why a C of a recipe differs from that of the same model in Table 4."""
    if own == of_models:
        return " (other folds than Table 4)"
    return f" (Table 4 has {of_models})"


def _priced(result: RecipesResult) -> int:
    return len(result.price.names) if result.price else 0


def _recipes(result: RecipesResult) -> Table:
    rows: list[dict[str, Cell]] = []
    for plan in result.plans:
        row: dict[str, Cell] = {"recipe": plan.name, "k": result.phenotypes.get(plan.digest)}
        if result.price and plan.digest in result.price.names:
            row |= _figures(result.price, result.price.names.index(plan.digest))
        else:
            row["c"] = Missing(missing=plan.reason or result.reason)
        rows.append(row)
    if result.elsewhere:
        reason = "declared, or models of a table: only their number is known"
        rows.append({"recipe": f"{result.elsewhere} tried elsewhere", "c": Missing(missing=reason)})
    caption = ONE if result.total == 1 else f"All on the same patients, {_base(result)} in every model."
    if result.price:
        n, events = counted(result.price.n, "patient"), counted(result.price.events, "event")
        caption += f" {n}, {events}; {counted(result.price.replicates, 'repeat')} of the cross-validation."
    return Table(
        title="Recipes tried",
        section="models",
        columns=(
            Column(key="recipe", label="Recipe"),
            Column(key="k", label="Phenotypes", format="int"),
            Column(
                key="c",
                label="C, cross-validated",
                format="f3",
                description="Pooled pairs of a cross-validation of its own, phenotypes found once on all "
                "patients: "
                "it can differ a little from Table 4.",
            ),
            Column(key="p", label="Permutation p of C, alone", format="p"),
            Column(key="adjusted", label="Permutation p of C, corrected for the choice", format="p"),
            Column(key="chosen", label="Share of training folds that chose it", format="percent"),
            Column(key="logrank", label="Log-rank p (chi-square)", format="p"),
            Column(
                key="logrank_adjusted", label="Log-rank p (permutation), corrected for the choice", format="p"
            ),
        ),
        rows=tuple(rows),
        caption=caption,
    )


def _base(result: RecipesResult) -> str:
    """Return the covariates that all models of the recipes share."""
    return factor_words(result.base) or "no other covariate"


def _figures(price: RecipePriceRecord, place: int) -> dict[str, Cell]:
    columns = {
        "c": price.c,
        "p": price.p,
        "adjusted": price.adjusted_p,
        "chosen": price.chosen,
        "logrank": price.logrank_p,
        "logrank_adjusted": price.logrank_adjusted_p,
    }
    found: dict[str, Cell] = {}
    for key, values in columns.items():
        value = values[place]
        found[key] = Missing(missing="one phenotype: nothing to compare") if value is None else value
    return found


ROWS = ("naive", "noise", "one", "corrected", "selected", "all")
"""Rows of the table of the price, in their order."""


def _price_table(result: RecipesResult) -> Table:
    price = result.price
    assert price is not None
    known = next(p.name for p in result.plans if p.digest == price.best)
    selected = price.selected
    unpriced = f"{counted(result.unpriced, 'recipe')} could not be compared"
    if result.unpriced == 0:
        unpriced = "every recipe that is known of was compared: nothing further to correct for"
    values: dict[str, dict[str, Cell]] = {
        "naive": {
            "measure": f"C of the best recipe ({known})",
            "value": Estimate(value=price.naive),
            "p": price.adjusted_p[price.place],
            "how": "permutation of the patients, maxT (Westfall and Young 1993)",
        },
        "noise": {
            "measure": "C of the best recipe by chance alone",
            "value": Estimate(value=price.expected_best),
            "how": f"mean over {counted(price.permutations, 'permutation')}",
        },
        "one": {
            "measure": "C of one recipe by chance alone",
            "value": Estimate(value=price.expected_one),
            "how": "the same permutations; the difference is the price of the choice",
        },
        "corrected": {
            "measure": "C of the best recipe, less the bias of the choice",
            "value": Estimate(value=price.corrected),
            "how": "Tibshirani and Tibshirani 2009",
        },
        "selected": {
            "measure": "C when the training folds choose the recipe (95 % interval)",
            "value": estimate(selected),
            "how": "choice inside the cross-validation (Varma and Simon 2006)",
        },
        "all": {
            "measure": "Best recipe, corrected for all that are known of",
            "value": Missing(missing=unpriced),
            "p": price.corrected_for(result.unpriced),
            "how": "Bonferroni for the recipes that could not be compared",
        },
    }
    return Table(
        title="The price of the choice among recipes",
        section="models",
        columns=(
            Column(key="measure", label="Measure"),
            Column(key="value", label="C", format="f3"),
            Column(key="p", label="Permutation p of C", format="p"),
            Column(key="how", label="How"),
        ),
        rows=tuple(values[name] for name in ROWS),
        caption=f"{counted(price.replicates, 'repeat')} of the cross-validation, the same folds for every "
        "recipe and permutation. Permuted are the rows of all recipes together; outcome and "
        f"{_base(result)} stay.",
    )
