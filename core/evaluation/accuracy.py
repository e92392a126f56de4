"""docs/accuracy.md, written from the model cards and the files of `eigenscope compare`: no number is typed by hand."""

from textwrap import fill

from core.assets import MODELS
from core.evaluation.accuracy_elsewhere import elsewhere
from core.evaluation.accuracy_of_checks import (
    along_trajectories,
    ionisation,
    made_geometries,
    measured_targets,
    of_conformers,
)
from core.evaluation.files import (
    leaderboard_table,
    load_leaderboard,
    load_learning_curves,
)
from core.evaluation.hamiltonian_text import hamiltonians_markdown
from core.evaluation.learning_curves import PUBLISHED_RMSE_EV, Crossing, find_crossing, summarise_curve
from core.evaluation.markdown import HOMO_MAE, RMSE, ev, percent, table
from core.models.card import LEVELS, ModelCard, load_card
from core.models.registry import DEFAULT
from core.quantities import QUANTITIES

GEOMETRY_WORDS = {"dft": "relaxed (B3LYP, QM9's own)", "mmff": "MMFF94", "rattled": "rattled by 0.01 to 0.05 Angstrom"}
LINE = 120  # characters of a line of prose
CURVE_SIZES = (125, 500, 2000, 8000)


def accuracy_markdown() -> str:
    """Return the page; the same files give the same text.

    Raises
    ------
    InputError, ModelError
        If a file that it is written from is missing or broken.
    """
    card = load_card(MODELS / DEFAULT)
    parts = [
        header(card), flagship(card), uncertainty(card), ionisation(), measured_targets(), along_trajectories(),
        ranking(card), leaderboard(), curves(), *elsewhere(), hamiltonians_markdown(table),
    ]  # fmt: skip
    blocks = "\n\n".join(parts).split("\n\n")
    return "\n\n".join(block if block[0] in "|#" else fill(" ".join(block.split()), LINE) for block in blocks) + "\n"


def header(card: ModelCard) -> str:
    """Return the title and what the numbers are."""
    return f"""# Accuracy

Written by `eigenscope compare accuracy` from the model cards and the files in `assets/comparison`; a test fails when it drifts.

All errors but those of ionisation energies are against {card.level_of_theory} levels, on molecules that nothing
was trained, chosen or calibrated on. RMSE is over the 16 highest occupied levels, RSE the relative spectral error of Ghosh et al.
(Adv. Sci. 2019, doi 10.1002/advs.201801367), MAE the mean absolute error.
Levels are Kohn-Sham orbital energies, not ionisation energies, but in that section."""


def flagship(card: ModelCard) -> str:
    """Return the flagship's figures by kind of geometry."""
    rows = [
        (
            GEOMETRY_WORDS[kind],
            f"{x['n']:,}",
            ev(x["rmse_ev"]),
            percent(x["rse"]),
            ev(x["homo_mae_ev"]),
            ev(x["lumo_mae_ev"]),
        )
        for kind, x in card.test.items()
    ]
    own = card.from_smiles
    n_failed = len(own["failed"])
    rows.append((
        "from SMILES alone, against the relaxed reference", f"{own['n']:,}", ev(own["rmse_ev"]), percent(own["rse"]),
        ev(own["homo_mae_ev"]), ev(own["lumo_mae_ev"]),
    ))  # fmt: skip
    head = (
        "geometry",
        "molecules",
        RMSE.short_header,
        "RSE",
        HOMO_MAE.header,
        QUANTITIES["lumo_mae_ev"].header,
    )
    return f"""## The {card.name.lower()}, on QM9's test molecules

Trained on {sum(card.n_training.values()):,} molecule-geometries ({card.data}). `eigenscope evaluate --split test`,
`assets/models/{card.key}/card.json`.

{table(head, rows)}

From SMILES conformers are found here, their geometries moved to B3LYP's and their levels averaged, while the reference
stands on the one conformer of QM9: most of that error is what another conformer changes
(median {ev(own["median_rmse_ev"], 2)} eV). Of
{own["n"] + n_failed} molecules {n_failed}, strained cages, got no geometry and say so.

{of_conformers()}"""


def uncertainty(card: ModelCard) -> str:
    """Return how honest the flagship's expected errors are."""
    c = card.calibration
    rows = [(str(k), ev(f["expected_rmse_ev"]), ev(f["rmse_ev"])) for k, f in enumerate(c["fifths"], start=1)]
    return f"""## Uncertainty

Each prediction carries the RMSE to expect of it. On the {c["n"]:,} test molecules {ev(c["expected_rmse_ev"])} eV is
expected and {ev(c["rmse_ev"])} eV measured; {percent(c["within_twice"], 1)} of the molecules stay within twice theirs.
It covers the model's error at the geometry given. It is calibrated on {card.n_validation:,} validation
molecules; on molecules beyond QM9 it is measured below. The LUMO's error is told beside it: {ev(c["lumo_expected_ev"])} eV is
expected, {ev(c["lumo_rmse_ev"])} eV measured, and {percent(c["lumo_within_90"], 0)} lie within their 90 % interval.

{table(("fifth, by expected error", RMSE.titled("expected"), RMSE.titled("measured")), rows)}

Where the geometry is made here, a second error joins it in error bands and in the ± of scores: that of another conformer
and of a better geometry, by what turns in the molecule and by the spread over its conformers where they are averaged.
`eigenscope compare geometries`, fitted to training molecules, checked on test molecules from SMILES, against the one conformer
of QM9:

{made_geometries()}"""


def ranking(card: ModelCard) -> str:
    """Return how often the right molecule is found in the home library."""
    r = card.ranking
    at_reference, averaged = r["at_reference_geometry"]["first"], r["conformers_averaged"]
    return f"""## Ranking against real references

Each C7H10O2 reference spectrum of the test split as the target ({r["n"]}, of which {r["n_in_library"]} are in the
library), all {r["n_candidates"]:,} library molecules as candidates, the conformer that fits best standing for each: by RSE the
right one is first for {r["first"]}, among the first ten for {r["first_ten"]}, median rank
{r["median_rank"]:g}. With averages over
conformers it is first for {averaged["first"]}, among the first ten for {averaged["first_ten"]}; with the right candidate at the
reference's own geometry first for {at_reference}. `eigenscope evaluate --split test --ranking`"""


def leaderboard() -> str:
    """Return all learners on the same data."""
    standings = load_leaderboard()
    by_key = {s.key: s for s in standings}
    rows = [
        (
            x["name"], ev(x["rmse_ev"]), percent(x["rse_percent"] / 100), ev(x["homo_mae_ev"]), f"{x['n_parameters']:,}",
            f"{x['training_minutes']:.0f}", f"{x['molecules_per_second']:,.0f}",
        )
        for x in leaderboard_table(standings).to_dict("records")
    ]  # fmt: skip
    fits = ", ".join(f"{s.name} {ev(s.homo_fit_mae_ev)} eV" for s in by_key.values() if s.homo_fit_mae_ev is not None)
    speeds = (QUANTITIES["training_minutes"].titled("training"), QUANTITIES["molecules_per_second"].in_words)
    head = ("learner", RMSE.short_header, "RSE", HOMO_MAE.header, "parameters", *speeds)
    return f"""## All learners on the same data

`eigenscope compare leaderboard`: the same {standings[0].n_test:,} relaxed test molecules. The published learners are
trained on QM9's {by_key["dtnn_levels"].n_training:,} training rows, the tight-binding network on those and on other molecules,
{by_key[DEFAULT].n_training:,} rows, after GFN2-xTB levels; on equal rows all are held under learning curves. Speed in molecules a
second of processor time on one thread, all in one run. Learners of Coulomb matrices refuse more than nine heavy atoms.

{table(head, rows)}

Kernel ridge regression fitted to the HOMO alone, as in Stuke et al. 2019 (HOMO MAE): {fits}. The published networks
with 120,000
training molecules, on their own PBE labels (RMSE): MLP 0.30, CNN 0.23, DTNN 0.19 eV (Ghosh et al. 2019)."""


def curves() -> str:
    """Return the learning curves as a table, and where each comes down to the published DTNN's error."""
    data, rows = load_learning_curves(), []
    for standing in load_leaderboard():
        if standing.form != LEVELS:
            continue
        curve = summarise_curve(data, dataset="qm9", key=standing.key, metric="rmse_ev")
        at = {int(n): m for n, m in zip(curve["n_molecules"], curve["mean"], strict=True)}
        largest = int(curve["n_molecules"].iloc[-1])
        cells = [ev(at.get(n)) for n in (*CURVE_SIZES, largest)]
        rows.append((standing.name, *cells, describe_crossing(find_crossing(curve, PUBLISHED_RMSE_EV))))
    head = ("learner", *(f"{n:,}" for n in CURVE_SIZES), "all", f"training molecules to {PUBLISHED_RMSE_EV} eV")
    return f"""## Learning curves

`eigenscope compare curves`: {RMSE.short_header} on the test molecules after so many training rows; drawn on the page Models.

{table(head, rows)}"""


def describe_crossing(crossing: Crossing | None) -> str:
    """Return where a learning curve reaches the published error, in words."""
    if crossing is None or crossing.kind == "not reached":
        return "not reached"
    n = f"{crossing.n_molecules:,.0f}" if crossing.n_molecules < 1e4 else f"{round(crossing.n_molecules, -3):,.0f}"
    return {"measured": n, "below": f"{n} or fewer", "extrapolated": f"about {n}, extrapolated"}[crossing.kind]
