"""docs/accuracy.md, written from the model cards and the files of `eigenscope compare`: no number is typed by hand."""

from collections.abc import Iterable, Sequence
from textwrap import fill

from core.assets import COMPARISON, GEOMETRY_NETWORKS, MODELS
from core.evaluation.conformer_check import CONFORMER_FILE
from core.evaluation.elsewhere import SET_NAMES, WHOLE_SET, load_elsewhere
from core.evaluation.files import (
    BROAD_LEARNERS,
    leaderboard_table,
    load_figure_rows,
    load_figures,
    load_leaderboard,
    load_learning_curves,
)
from core.evaluation.hamiltonian_text import hamiltonians_markdown
from core.evaluation.ionisation_check import IONISATION_FILE, MISPRINTED, OUTER_VALENCE_EV
from core.evaluation.learning_curves import PUBLISHED_RMSE_EV, Crossing, find_crossing, summarise_curve
from core.evaluation.measured_like import CALIBRATION_EV, MADE_WIDTH_EV, MEASURED_LIKE_FILE
from core.evaluation.moved_check import MOVED_FILE
from core.evaluation.trajectory_check import TRAJECTORY_FILE
from core.models.card import CARD, LEVELS, ModelCard, load_card
from core.models.geometry.correction import FOLDERS
from core.models.registry import DEFAULT
from core.models.uncertainty.evaluator import LARGE_EV
from core.models.uncertainty.made_geometry import load_made_geometries
from core.quantities import QUANTITIES
from core.theory import QUASIPARTICLE_THEORY

GEOMETRY_WORDS = {"dft": "relaxed (B3LYP, QM9's own)", "mmff": "MMFF94", "rattled": "rattled by 0.01 to 0.05 Angstrom"}
RMSE, HOMO_MAE = QUANTITIES["rmse_ev"], QUANTITIES["homo_mae_ev"]
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


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = ["| " + " | ".join(row) + " |" for row in (head, *rows)]
    return "\n".join([lines[0], "|" + "---|" * len(head), *lines[1:]])


def ev(value: float | None, digits: int = 3) -> str:
    """Return an error in eV as text; "" where there is none."""
    return "" if value is None or value != value else f"{value:.{digits}f}"


def percent(fraction: float | None, digits: int = 2) -> str:
    """Return a fraction as per cent; "" where there is none."""
    return "" if fraction is None or fraction != fraction else f"{100 * fraction:.{digits}f} %"


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


def of_conformers() -> str:
    """Return how near predicted averages over conformers are to those of references, and geometries to better ones."""
    found = load_figures(COMPARISON / CONFORMER_FILE, command="eigenscope compare conformers")
    moved = [
        (name, load_figures(GEOMETRY_NETWORKS / folder / CARD, command=f"eigenscope geometry train {folder}")["test"])
        for name, folder in FOLDERS.items()
    ]
    rows = [
        (name, f"{x['n']:,}", ev(x["rmse_as_made_ev"]), ev(x["rmse_moved_ev"]), ev(x["rmse_at_best_ev"]))
        for name, x in moved
    ]
    head = ("made by", "molecules", "as made", "moved", "at the B3LYP geometry itself")
    at_90 = next(point for point in found["coverage"] if point["nominal"] == 0.9)
    return f"""Averages over conformers against averages of references over the same conformers, at the same geometries:
{ev(found["rmse_ev"])} eV on {found["n"]} test molecules ({found["n_conformers"]} conformers); were the lowest conformer
taken for all, {ev(found["lowest_rmse_ev"])} eV. The references of one molecule's conformers spread by
{ev(found["spread_ev"])} eV. Within the learner's own 90 % interval lie {percent(at_90["levels"], 0)} of the levels and
{percent(at_90["homo"], 0)} of the HOMOs; every interval is drawn on the page Models.
`eigenscope compare conformers`

The conformer of the reference, but relaxed more cheaply: error of the levels against the reference at B3LYP's geometry
[eV], without and with the network that moves the atoms. `assets/geometry/*/card.json`

{table(head, rows)}

{moved_elsewhere()}"""


def moved_elsewhere() -> str:
    """Return what moving atoms does to molecules that QM9 lacks."""
    found = load_figures(COMPARISON / MOVED_FILE, command="eigenscope compare moved")
    fewest, most = found["heavy_atoms"]
    rows = [
        (
            x["group"], f"{x['n']:,}", ev(x["rmse_as_made_ev"]), ev(x["rmse_moved_ev"]), ev(x["rmse_at_best_ev"]),
            percent(x["share_nearer"], 0),
        )
        for x in found["groups"]
    ]  # fmt: skip
    head = ("molecules", "n", "as made", "moved", "at the B3LYP geometry itself", "nearer when moved")
    return f"""These networks learnt from QM9 alone. The same for molecules of the broad test that QM9 lacks, {fewest} to {most}
heavy atoms, relaxed with GFN2-xTB and from there with B3LYP/6-31G(2df,p), as QM9's were; references at the latter geometry,
groups among the molecules of QM9's elements. `eigenscope geometry relax-dft`, `eigenscope compare moved`

{table(head, rows)}"""


def uncertainty(card: ModelCard) -> str:
    """Return how honest the flagship's expected errors are."""
    c = card.calibration
    rows = [(str(k), ev(f["expected_rmse_ev"]), ev(f["rmse_ev"])) for k, f in enumerate(c["fifths"], start=1)]
    return f"""## Uncertainty

Each prediction carries the RMSE to expect of it. On the {c["n"]:,} test molecules {ev(c["expected_rmse_ev"])} eV is
expected and {ev(c["rmse_ev"])} eV measured; {percent(c["within_twice"], 1)} of the molecules stay within twice theirs.
It covers the model's error at the geometry given. It is calibrated on {card.n_validation:,} validation
molecules; on molecules beyond QM9 it is measured below.

{table(("fifth, by expected error", RMSE.titled("expected"), RMSE.titled("measured")), rows)}

Where the geometry is made here, a second error joins it in error bands and in the ± of scores: that of another conformer
and of a better geometry, by what turns in the molecule and by the spread over its conformers where they are averaged.
`eigenscope compare geometries`, fitted to training molecules, checked on test molecules from SMILES, against the one conformer
of QM9:

{made_geometries()}"""


def made_geometries() -> str:
    """Return how honest the error of a geometry made here is."""
    checked = load_made_geometries().checked
    rows = [
        (
            origin,
            f"{x['n']:,}",
            ev(x["expected_ev"]),
            ev(x["rmse_ev"]),
            ev(x["median_ev"]),
            percent(x["levels_within_90"], 0),
        )
        for origin, x in checked.items()
    ]
    head = (
        "geometry",
        "molecules",
        RMSE.titled("expected"),
        RMSE.titled("measured"),
        RMSE.titled("median"),
        "levels within the 90 % interval",
    )
    return table(head, rows)


def ionisation() -> str:
    """Return how far ionisation energies are from computed and from measured ones."""
    found = load_figures(COMPARISON / IONISATION_FILE, command="eigenscope compare ionisation")
    card, curves, known = load_card(MODELS / "ionisation"), found["curves"], found["measured"]
    words = {"delta": "corrected, level by level", "line": "the best line", "direct": "not told the network's energies"}
    rows = []
    for n_labels in sorted({x["n_labels"] for x in curves}):
        for way, name in words.items():
            some = [x for x in curves if x["n_labels"] == n_labels and x["way"] == way]
            figures = {
                key: sum(x[key] for x in some) / len(some)
                for key in ("mae_ev", "homo_mae_ev", "levels_within_90")
                if key in some[0]
            }
            within = percent(figures.get("levels_within_90"), 0)
            rows.append((f"{n_labels}", name, ev(figures["mae_ev"]), ev(figures["homo_mae_ev"]), within))
    levels = QUANTITIES["mae_ev"].titled(f"MAE of levels above {-OUTER_VALENCE_EV:g} eV")
    return f"""## Ionisation energies

`eigenscope compare ionisation`: {card.level_of_theory} at GFN2-xTB geometries, {found["n_test"]} test molecules; the
network's levels, corrected, against the best straight line through them and against the same process that is not told where
they lie. Rows are means over draws of the labels; all labels are one draw.

{table(("labels", "way", levels, HOMO_MAE.header, "levels within the 90 % interval"), rows)}

First vertical ionisation energies as measured, the {known["n"]} organic molecules of `ase.data.g2` but {", ".join(MISPRINTED)},
whose value there is acetylene's: MAE {ev(known["mae_ev"], 2)} eV, mean signed error {ev(known["mean_signed_error_ev"], 2)} eV,
{percent(known["levels_within_90"], 0)} within the 90 % interval against the level of theory,
{percent(known["measured_within_90"], 0)} within that which holds the theory's own error too ({QUASIPARTICLE_THEORY.bias_ev} eV on
average, spread {QUASIPARTICLE_THEORY.spread_ev}); the best line through PBE's own HOMOs of these molecules has
{ev(known["line_mae_ev"], 2)} eV."""


def measured_targets() -> str:
    """Return where molecules come whose spectra are made as if measured."""
    found = load_figures(COMPARISON / MEASURED_LIKE_FILE, command="eigenscope compare measured-like")
    halves, (narrow, broad) = found["halves"], MADE_WIDTH_EV
    shares = {key: percent(found[key], 0) for key in ("first", "first_ten", "first_hundred")}
    expected, seen = (percent(halves[key], 0) for key in ("expected_first_ten", "found_first_ten"))
    return f"""## Measured spectra

`eigenscope compare measured-like`: {found["n"]} spectra made as if measured with He I of C7H10O2 test molecules, each at one
conformer (ionisation energies as above; cross-sections of s and p weights, bands of {narrow:g} to {broad:g} eV with tails to
deeper energies, a rising background, Poisson noise, an axis off by up to {CALIBRATION_EV:g} eV), against the home library as
ionisation energies, compared as the Rank page proposes. Of {found["n_candidates"]:,} constitutions the right one is first for
{shares["first"]}, among the first ten for {shares["first_ten"]}, among the first hundred for {shares["first_hundred"]}; median
place {found["median_place"]:g}. Probabilities of candidates, with the sharpness that one half of the spectra gives, promise
{expected} within the first ten of the other half, where {seen} are."""


def along_trajectories() -> str:
    """Return how far levels hold along molecular dynamics, and how fast they come."""
    found = load_figures(COMPARISON / TRAJECTORY_FILE, command="eigenscope compare trajectories")
    names = {"qm9": "QM9's", "broad": "groups that QM9 lacks", "motif": "every group and motif"}
    rows = [
        (
            name, f"{x['n']}", f"{x['n_frames']}", ev(x["rmse_ev"]), ev(x["rest_rmse_ev"]), ev(x["change_rmse_ev"]),
            ev(x["spread_ev"]), ev(x["expected_rmse_ev"]), percent(x["levels_within_90"], 0), percent(x["average_rse"]),
        )
        for name, x in [("all", found), *((names[s], found["by_source"][s]) for s in names if s in found["by_source"])]
    ]  # fmt: skip
    head = (
        "test molecules", "n", "frames", RMSE.titled("at 300 K"), RMSE.titled("at rest"), "of the change alone",
        "the change itself", RMSE.titled("expected"), "levels within the 90 % interval", "RSE of the averaged spectrum",
    )  # fmt: skip
    of_each = sorted(found["by_molecule"].values(), key=lambda x: x["rmse_ev"])
    worst, speed = of_each[-1], found["speed"]
    return f"""## Along molecular dynamics

`eigenscope compare trajectories`: frames of GFN2-xTB dynamics at 300 K, 100 fs apart, against references at the same geometries.
Of the {found["n"]} molecules the median has {ev(of_each[len(of_each) // 2]["rmse_ev"])} eV, the worst {ev(worst["rmse_ev"])}
({worst["smiles"]}). {speed["n_frames"]:,} frames of {speed["n_atoms"]} atoms, positions to spectra, took {speed["wall_s"]:.1f} s
on one thread beside other work ({speed["cpu_s"]:.1f} s of the processor).

{table(head, rows)}"""


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

`eigenscope compare leaderboard`: the same {standings[0].n_training:,} training rows, the same {standings[0].n_test:,}
relaxed test molecules; speed in molecules per second of processor time on one thread, all in one run. Learners of
Coulomb matrices refuse more
than nine heavy atoms. Only the tight-binding network learnt GFN2-xTB levels of other molecules first.

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


def elsewhere() -> list[str]:
    """Return the errors on other sets than QM9's, by strata."""
    rows = [x for x in load_elsewhere() if x["key"] == DEFAULT]
    sections = [
        f"""## Elsewhere

`eigenscope compare elsewhere`: the tight-binding network beyond QM9, on molecules that it was not trained on. `expected` is the
error that its predictions carry, `within twice` the share of molecules that stay within twice theirs: where that is small, the
uncertainty is not to be trusted, `within 90 %` the share of levels within the interval that should hold 90 %, `HOMOs` that of
the highest ones, and `AUROC` how
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
    head = ("molecules", "n", "refused", *errors, "within twice", "within 90 %", "HOMOs", "AUROC")
    for dataset in dict.fromkeys(x["set"] for x in rows):
        cells = [
            (
                "all" if x["stratum"] == WHOLE_SET else x["stratum"], f"{x['n']:,}", f"{x['n_refused']:,}", ev(x.get("rmse_ev")),
                percent(x.get("rse")), ev(x.get("homo_mae_ev")), ev(x.get("mean_signed_error_ev")),
                ev(x.get("expected_rmse_ev")), percent(x.get("within_twice"), 0), percent(x.get("levels_within_90"), 0),
                percent(x.get("homo_within_90"), 0), "" if x.get("auroc") is None else f"{x['auroc']:.2f}",
            )
            for x in rows
            if x["set"] == dataset
        ]  # fmt: skip
        sections.append(f"### {SET_NAMES[dataset][0].upper()}{SET_NAMES[dataset][1:]}\n\n{table(head, cells)}")
    return [*sections, retrained_on_broad()]


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

`eigenscope compare broad`: {RMSE.header} of the best of each kind, trained on the broad set's training rows alone, and of the
flagship, which has QM9's too (molecule-geometries learnt from in brackets), on those of the broad test that all of them cover.

{table(("molecules", "n", *names.values()), cells)}"""
