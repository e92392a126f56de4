"""Parts of docs/accuracy.md on what is predicted beyond levels at given geometries, each from the file of its check."""

from core.assets import COMPARISON, GEOMETRY_NETWORKS, MODELS
from core.evaluation.conformer_check import CONFORMER_FILE
from core.evaluation.files import load_figures
from core.evaluation.ionisation_check import IONISATION_FILE, MISPRINTED, OUTER_VALENCE_EV
from core.evaluation.markdown import HOMO_MAE, RMSE, ev, percent, table
from core.evaluation.measured_like import CALIBRATION_EV, MADE_WIDTH_EV, MEASURED_LIKE_FILE
from core.evaluation.moved_check import MOVED_FILE
from core.evaluation.trajectory_check import TRAJECTORY_FILE
from core.models.card import CARD, load_card
from core.models.geometry.correction import FOLDERS
from core.models.uncertainty.made_geometry import load_made_geometries
from core.quantities import QUANTITIES
from core.theory import QUASIPARTICLE_THEORY


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
