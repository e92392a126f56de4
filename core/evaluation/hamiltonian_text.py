"""What docs/accuracy.md says of the Hamiltonians."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from core.evaluation.hamiltonian_fits import LEAST_CORRELATION, UNSEEN_BAR_MEV, bar_rows, load_hamiltonian_figures

MakeTable = Callable[[Sequence[str], Iterable[Sequence[str]]], str]


def hamiltonians_markdown(table: MakeTable) -> str:
    """Return the section on Hamiltonians, its tables made by `table`.

    Raises
    ------
    InputError
        If nothing was measured yet.
    """
    figures = load_hamiltonian_figures()
    bars = [row for row in bar_rows(figures) if "never fitted" not in row["what"]]
    bar_table = table(("reference", "neighbours", "meV", "bar", "local densities", ""), map(bar_cells, bars))
    shells = sorted({row["n_shells"] for row in figures["fits"]})
    cutoffs = table(("reference", *map(str, shells)), cutoff_rows(figures["fits"], shells))
    unseen = table(("cell", "learnt from", "meV", "local densities"), map(unseen_cells, figures["unseen"]))
    head = (
        "reference",
        "neighbours",
        "network",
        "network, refined",
        "graphene's hoppings, refined",
        "own orbitals, refined",
    )
    ways = table(head, map(way_cells, figures["ways"]))
    deep = table(("neighbours", "valence bands", "lowest conduction band"), map(deep_cells, figures["bands"]))
    return f"""## Hamiltonians of graphene's defects

Measured by `eigenscope compare hamiltonian`: root mean square error of the bands within 2 eV of the Fermi level
(diamond: from -25 to 8 eV of the valence edge) on k-points that were never fitted, in meV, and Pearson's correlation
of local densities of states with the reference's on the defect's atoms. References: pi bands of GPAW, PBE. A bar of
local densities is {LEAST_CORRELATION:g}.

{bar_table}

Error in meV against the number of neighbours:

{cutoffs}

Diamond with s and p orbitals, by kind of band, meV:

{deep}

Cells whose size was never fitted, from hoppings as functions of the surroundings with 10 neighbours; the aim was
{UNSEEN_BAR_MEV:g} meV. Their Fermi level is that of half-filled pi bands, which a vacancy's are not: its dangling bonds hold
electrons too, so its bands are shifted as a whole:

{unseen}

Two ways to the Hamiltonian, meV: a network that was trained on random Hamiltonians and maps bands to parameters
(Schattauer et al., npj Comput. Mater. 2022), alone and refined through the eigenproblem; and refinement alone, from
pristine graphene's hoppings, or from the Hamiltonian between the reference's own p_z orbitals:

{ways}"""


def bar_cells(row: dict[str, Any]) -> tuple[str, ...]:
    """Return one row of the table of bars."""
    verdicts = {None: "reported", True: "reached", False: "missed"}
    verdict = verdicts[row["is_reached"]]
    if row["is_density_reached"] is False:
        verdict += ", local densities missed"
    bar = "" if row["bar_mev"] is None else f"{row['bar_mev']:g}"
    return row["what"], str(row["n_shells"]), mev(row["held_out_mev"]), bar, share(row["defect_correlation"]), verdict


def cutoff_rows(fits: Sequence[dict[str, Any]], shells: Sequence[int]) -> list[tuple[str, ...]]:
    """Return a reference's errors by number of neighbours, a row each."""
    found: dict[str, dict[int, float]] = {}
    for row in fits:
        found.setdefault(row["reference"], {})[row["n_shells"]] = row["held_out_mev"]
    return [(key, *(mev(errors.get(n)) for n in shells)) for key, errors in found.items()]


def unseen_cells(row: dict[str, Any]) -> tuple[str, ...]:
    """Return one row of the table of sizes never fitted."""
    return row["reference"], row["learnt_from"], mev(row["held_out_mev"]), share(row["defect_correlation"])


def way_cells(row: dict[str, Any]) -> tuple[str, ...]:
    """Return one row of the table of ways."""
    names = ("network_mev", "network_refined_mev", "graphene_refined_mev", "projected_refined_mev")
    return row["reference"], str(row["n_shells"]), *(mev(row[name]) for name in names)


def deep_cells(row: dict[str, Any]) -> tuple[str, ...]:
    """Return one row of the table of diamond's bands."""
    return str(row["n_shells"]), mev(row["valence_mev"]), mev(row["conduction_mev"])


def mev(value: float | None) -> str:
    """Return an error in meV as text; "" where there is none."""
    return "" if value is None else f"{value:.3g}" if value < 100 else f"{value:.0f}"


def share(value: float | None) -> str:
    """Return a correlation as text; "" where there is none."""
    return "" if value is None else f"{value:.3f}"
