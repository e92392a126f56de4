"""Ready fits of the references that come with the program, and the figures of the Hamiltonians against them."""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from core.assets import COMPARISON
from core.errors import InputError
from core.files import write_text
from core.hamiltonian.environment import EnvironmentModel
from core.hamiltonian.fit import HamiltonianFit, HamiltonianOptions, fit_hamiltonian
from core.hamiltonian.inverse_network import NetworkOptions, invert_bands
from core.hamiltonian.measure import band_errors, measure, rms_mev
from core.hamiltonian.neighbours import MAX_SHELL
from core.hamiltonian.reference import GRID, PATH, BandReference, get_reference, shipped_references
from core.hamiltonian.results import FITS, load_fits, save_fits, shipped_environment
from core.machine.progress import Tell

HAMILTONIAN_FILE = "hamiltonian.json"
LAST_DEEP_SHELL = 3  # neighbours of s and p orbitals
LARGE_CELL, LARGE_CELL_SHELLS = 60, (1, 2, 3, 5, 10)  # atoms
FEW_SHELLS, FEW_STARTS, DEEP_STARTS = 2, 4, 12  # with few neighbours a single start often ends in a poor minimum
TWO_WAYS = (("pristine_1x1", (3, 5, 10), 20_000), ("585_5x5", (1, 2, 3), 2_000), ("flower_5x5", (1, 2, 3), 2_000))
BARS = {"pristine": {10: 1.0, 5: 5.0}, "defect": {10: 4.0, 5: 8.0, 1: 50.0}, "diamond": {2: 100.0}}  # meV
REPORTED = ("vacancy", "555777")  # defects whose errors are reported, no bar
LEAST_CORRELATION, UNSEEN_BAR_MEV = 0.95, 50.0


def ready_options(reference: BandReference, n_shells: int) -> HamiltonianOptions:
    """Return how the ready fit of a reference is made."""
    if reference.basis == "sp":
        return HamiltonianOptions(n_shells=n_shells, density_weight=0.0, n_starts=DEEP_STARTS, disturbance_ev=1.0)
    n_starts = FEW_STARTS if n_shells <= FEW_SHELLS and reference.crystal.n_atoms > 2 else 1
    return HamiltonianOptions(n_shells=n_shells, n_starts=n_starts)


def ready_shells(reference: BandReference) -> tuple[int, ...]:
    """Return the numbers of neighbours of a reference's ready fits: all of smaller cells, some of larger ones."""
    if reference.basis == "sp":
        return tuple(range(1, LAST_DEEP_SHELL + 1))
    return LARGE_CELL_SHELLS if reference.crystal.n_atoms > LARGE_CELL else tuple(range(1, MAX_SHELL + 1))


def make_fits(keys: Sequence[str] = (), *, out: Path = FITS, tell: Tell = print) -> None:
    """Fit every reference with more and more neighbours, from the fit before where that ends lower than the best start."""
    for key in keys or shipped_references():
        reference, fits = get_reference(key), dict[int, HamiltonianFit]()
        for n_shells in ready_shells(reference):
            options = ready_options(reference, n_shells)
            fit = fit_hamiltonian(reference, options)
            before = fits[max(fits)] if fits else None
            if before is not None and fit.losses[-1] > before.losses[-1]:
                warm = fit_hamiltonian(reference, replace(options, n_starts=1), warm=before.hamiltonian)
                fit = min((fit, warm), key=lambda f: f.losses[-1])
            fits[n_shells] = fit
            tell(f"{key}, {n_shells} neighbours: {fit.agreement.held_out_mev:.2f} meV, {fit.seconds:.0f} s")
        save_fits(key, fits, out)


def measure_hamiltonians(out: Path = COMPARISON, *, tell: Tell = print) -> dict[str, Any]:
    """Measure the ready fits, both ways to a Hamiltonian, and sizes never fitted; writes HAMILTONIAN_FILE.

    Returns
    -------
    dict
        fits: one row a reference and number of neighbours; unseen: one row a size never fitted; ways: one row a reference and
        number of neighbours fitted both ways; bands: errors of diamond by kind of band.
    """
    fits = [row for key in shipped_references() for row in rows_of_fits(key)]
    found = {"fits": fits, "unseen": unseen_sizes(tell), "ways": two_ways(tell), "bands": deep_bands()}
    write_text(out / HAMILTONIAN_FILE, json.dumps(found, indent=1) + "\n")
    return found


def rows_of_fits(key: str) -> list[dict[str, Any]]:
    """Return the ready fits of a reference as rows, measured anew."""
    reference = get_reference(key)
    rows = []
    for n_shells, fit in load_fits(key).fits.items():
        agreement = measure(fit.hamiltonian, reference)
        facts = {"reference": key, "n_shells": n_shells, "n_parameters": len(fit.parameters)}
        rows.append(facts | {name: rounded(value) for name, value in asdict(agreement).items()})
    return rows


def rounded(value: float | None) -> float | None:
    """Return a figure with the digits that are kept."""
    return None if value is None else float(f"{value:.4g}")


def unseen_sizes(tell: Tell) -> list[dict[str, Any]]:
    """Return errors of the model of surroundings on each size of a defect, learnt from others and pristine graphene."""
    rows, known = [], shipped_references()
    for key in known:
        material = str(get_reference(key).facts["material"])
        same = [k for k in known if k != key and k.startswith(f"{material}_")]
        if material in ("pristine", "diamond") or not same:
            continue
        for name, kept in (
            ("this defect's other sizes", {*same, "pristine_1x1"}),
            ("all but this cell", set(known) - {key}),
        ):
            model = shipped_environment(tuple(k for k in known if k not in kept))
            rows.append({"reference": key, "learnt_from": name} | unseen_row(model, get_reference(key)))
            tell(f"{key} from {name}: {rows[-1]['held_out_mev']:.1f} meV")
    return rows


def unseen_row(model: EnvironmentModel, reference: BandReference) -> dict[str, Any]:
    """Return the errors of a model of surroundings on a cell."""
    agreement = measure(model.hamiltonian(reference.crystal, MAX_SHELL), reference)
    return {
        "held_out_mev": rounded(agreement.held_out_mev),
        "density_correlation": rounded(agreement.density_correlation),
        "defect_correlation": rounded(agreement.defect_correlation),
    }


def two_ways(tell: Tell) -> list[dict[str, Any]]:
    """Return the network's way beside refinement from graphene's hoppings and from the reference's own orbitals."""
    rows = []
    for key, shells, n_samples in TWO_WAYS:
        reference = get_reference(key)
        for n_shells in shells:
            options = HamiltonianOptions(n_shells=n_shells, start="graphene")
            network = invert_bands(reference, options, NetworkOptions(n_samples=n_samples))
            plain = fit_hamiltonian(reference, options).agreement
            projected = fit_hamiltonian(reference, HamiltonianOptions(n_shells=n_shells)).agreement
            rows.append(
                {
                    "reference": key,
                    "n_shells": n_shells,
                    "n_samples": n_samples,
                    "network_mev": rounded(network.alone.held_out_mev),
                    "network_refined_mev": rounded(network.refined.agreement.held_out_mev),
                    "graphene_refined_mev": rounded(plain.held_out_mev),
                    "projected_refined_mev": rounded(projected.held_out_mev),
                }
            )
            tell(f"{key}, {n_shells} neighbours, both ways: {rows[-1]}")
    return rows


def deep_bands() -> list[dict[str, Any]]:
    """Return errors of diamond's valence bands and of its lowest conduction band."""
    if "diamond" not in shipped_references():
        return []
    reference, rows = get_reference("diamond"), []
    low, high = reference.window_ev
    for n_shells, fit in load_fits("diamond").fits.items():
        valence, conduction = (
            rms_mev(band_errors(fit.hamiltonian, reference, GRID, PATH, window_ev=window))
            for window in ((low, 0.05), (0.05, high))
        )
        rows.append({"n_shells": n_shells, "valence_mev": rounded(valence), "conduction_mev": rounded(conduction)})
    return rows


def load_hamiltonian_figures(folder: Path = COMPARISON) -> dict[str, Any]:
    """Return what `measure_hamiltonians` wrote.

    Raises
    ------
    InputError
        If there is nothing.
    """
    path = folder / HAMILTONIAN_FILE
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError) as error:
        raise InputError(
            f"{path.name} is not there or broken: make it with `eigenscope compare hamiltonian`"
        ) from error
    return found


def bar_rows(figures: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what was measured, its bar, and whether error and local densities reach it; no bar where it is only reported."""
    rows = []
    for row in figures["fits"]:
        material = row["reference"].rsplit("_", 1)[0]
        kind = material if material in ("pristine", "diamond") else "defect"
        shells = {"pristine": (5, 10), "diamond": (2, 3)}.get(material, (1, 5, 10))
        if row["n_shells"] not in shells:
            continue
        bar = None if material in REPORTED else BARS[kind].get(row["n_shells"])
        correlation = row["defect_correlation"]
        is_reached = None if bar is None else row["held_out_mev"] <= bar
        is_like = None if kind != "defect" or bar is None or correlation is None else correlation >= LEAST_CORRELATION
        rows.append(
            {
                "what": row["reference"],
                "n_shells": row["n_shells"],
                "held_out_mev": row["held_out_mev"],
                "bar_mev": bar,
                "defect_correlation": correlation,
                "is_reached": is_reached,
                "is_density_reached": is_like,
            }
        )
    for row in figures["unseen"]:
        is_reached = row["held_out_mev"] <= UNSEEN_BAR_MEV
        rows.append(
            {
                "what": f"{row['reference']}, size never fitted, from {row['learnt_from']}",
                "n_shells": MAX_SHELL,
                "held_out_mev": row["held_out_mev"],
                "bar_mev": UNSEEN_BAR_MEV,
                "defect_correlation": row["defect_correlation"],
                "is_reached": is_reached,
                "is_density_reached": None,
            }
        )
    return rows
