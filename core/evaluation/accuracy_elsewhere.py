"""What docs/accuracy.md says of molecules beyond QM9: strata, older learners, groups never met, molecules chosen by doubt."""

import numpy as np

from core.assets import COMPARISON
from core.evaluation.elsewhere import SET_NAMES, WHOLE_SET, load_elsewhere
from core.evaluation.files import (
    ACTIVE_CHOICE,
    BROAD_LEARNERS,
    GROUPS_LEFT_OUT,
    load_figure_rows,
    load_figures,
)
from core.evaluation.markdown import HOMO_MAE, RMSE, ev, percent, table
from core.models.registry import DEFAULT
from core.models.uncertainty.evaluator import LARGE_EV


def elsewhere() -> list[str]:
    """Return the errors on other sets than QM9's, by strata."""
    rows = [x for x in load_elsewhere() if x["key"] == DEFAULT]
    sections = [
        f"""## Elsewhere

`eigenscope compare elsewhere`: the tight-binding network beyond QM9, on molecules that it was not trained on. `expected` is the
error that its predictions carry, `within twice` the share of molecules that stay within twice theirs: where that is small, the
uncertainty is not to be trusted, `within 90 %` the share of levels within the interval that should hold 90 %, `HOMOs` that of
the highest ones, `LUMOs` that of the lowest empty ones, and `AUROC` how
well the expected error tells molecules with an error above {LARGE_EV} eV from the others. What is outside its domain is refused,
and counted as such."""
    ]
    errors = (
        RMSE.short_header,
        "RSE",
        HOMO_MAE.header,
        RMSE.titled("mean error"),
        RMSE.titled("expected"),
    )
    head = ("molecules", "n", "refused", *errors, "within twice", "within 90 %", "HOMOs", "LUMOs", "AUROC")
    for dataset in dict.fromkeys(x["set"] for x in rows):
        cells = [
            (
                "all" if x["stratum"] == WHOLE_SET else x["stratum"], f"{x['n']:,}", f"{x['n_refused']:,}", ev(x.get("rmse_ev")),
                percent(x.get("rse")), ev(x.get("homo_mae_ev")), ev(x.get("mean_signed_error_ev")),
                ev(x.get("expected_rmse_ev")), percent(x.get("within_twice"), 0), percent(x.get("levels_within_90"), 0),
                percent(x.get("homo_within_90"), 0), percent(x.get("lumo_within_90"), 0),
                "" if x.get("auroc") is None else f"{x['auroc']:.2f}",
            )
            for x in rows
            if x["set"] == dataset
        ]  # fmt: skip
        sections.append(f"### {SET_NAMES[dataset][0].upper()}{SET_NAMES[dataset][1:]}\n\n{table(head, cells)}")
    return [*sections, retrained_on_broad(), groups_left_out(), chosen_by_doubt()]


def groups_left_out() -> str:
    """Return what networks expect of groups that they have never met."""
    found = load_figures(COMPARISON / GROUPS_LEFT_OUT, command="eigenscope compare left-out")
    rows = [
        ("watched, nothing of it left out", found["known"]),
        ("left out", found["foreign"]),
        *((f"left out of {x['family']}", x) for x in found["families"]),
    ]
    cells = [
        (
            name, f"{x['n']:,}", ev(x["rmse_ev"]), ev(x["expected_rmse_ev"]), percent(x["within_twice"], 0),
            percent(x["levels_within_90"], 0), percent(x["homo_within_90"], 0), "" if x["auroc"] is None else f"{x['auroc']:.2f}",
            percent(x["told"], 0),
        )
        for name, x in rows
    ]  # fmt: skip
    judged = (RMSE.short_header, RMSE.titled("expected"), "within twice", "within 90 %", "HOMOs", "AUROC", "told")
    return f"""### Groups that a network has never met

`eigenscope compare left-out`: {found["n_motifs"]} rare motifs in {found["n_folds"]} blocks of neighbours of the list, each block
left out in turn of a smaller and shorter training of the flagship ({found["n_training"]:,} rows on average, those that it
watched too), pre-training included, and calibrated as the shipped one is: so little is known of a group that is in no list.
`told`: called near or outside the training molecules' chemistry.

{table(("molecules", "n", *judged), cells)}"""


def chosen_by_doubt() -> str:
    """Return what choosing molecules by doubt gained over drawing them."""
    rows = load_figure_rows(COMPARISON / ACTIVE_CHOICE, command="eigenscope compare active")
    cells = []
    for choice in dict.fromkeys(x["choice"] for x in rows):
        own = [x for x in rows if x["choice"] == choice]
        means = {name: float(np.mean([x[name] for x in own])) for name in ("rmse_ev", "homo_mae_ev", "above_0_15")}
        each = ", ".join(ev(x["rmse_ev"]) for x in own)
        errors = (ev(means["rmse_ev"]), each, ev(means["homo_mae_ev"]), percent(means["above_0_15"], 1))
        cells.append((choice, f"{own[0]['n_labels']:,}", *errors))
    head = ("choice", "labels", RMSE.short_header, "each draw", HOMO_MAE.header, f"above {LARGE_EV} eV")
    return f"""### Molecules chosen by the network's doubt

`eigenscope compare active`: smaller and shorter trainings of the flagship on 5,000 rows of QM9 and some of the broad set, at
first those of `none`, then 1,000 more: drawn at random, or those of which it expected the largest errors, or half of each.
Measured on the {rows[0]["n"]:,} molecules of the broad test, means over {len({x["seed"] for x in rows})} draws.

{table(head, cells)}"""


def retrained_on_broad() -> str:
    """Return how the best of the older learners do on the broad set once they have learnt from it."""
    rows = load_figure_rows(COMPARISON / BROAD_LEARNERS, command="eigenscope compare broad")
    names = {x["key"]: f"{x['name']} ({x['n_training']:,})" for x in rows}
    by_stratum = {x["stratum"]: {y["key"]: y for y in rows if y["stratum"] == x["stratum"]} for x in rows}
    cells = [
        (stratum, f"{next(iter(of_all.values()))['n']:,}", *(ev(of_all[key]["rmse_ev"]) for key in names))
        for stratum, of_all in by_stratum.items()
    ]
    return f"""### The older learners, trained on the broad set

`eigenscope compare broad`: {RMSE.header} of the best of each kind, trained on the training rows of `broad` and `drawn`
alone, and of the flagship, which has learnt from many more (molecule-geometries learnt from in brackets), on those of the broad
test that all of them cover.

{table(("molecules", "n", *names.values()), cells)}"""
