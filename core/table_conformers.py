"""The conformers in a prediction table: read back from a row, and weighed anew at another temperature."""

from typing import Any

import numpy as np
import pandas as pd

from core.spectrum.average import average_levels, band_spread_ev
from core.spectrum.levels import Levels
from core.structure.ensemble import Ensemble, boltzmann_weights, check_temperature
from core.structure.geometry import AS_GIVEN, Geometry
from core.table import NO_CONFORMERS

WeighedLevels = tuple[np.ndarray, np.ndarray]  # (n_conformers, n_levels) [eV], and their weights
REWEIGHED = ("levels_ev", "homo_ev", "lumo_ev", "gap_ev", "conformer_spread_ev")


def ensemble_of_row(row: Any) -> Ensemble | None:  # noqa: ANN401 - a row of a table, as Series, mapping or named tuple's dict
    """Return the conformers of a row of a prediction table or library; None where it has a single one.

    Raises
    ------
    GeometryError
        If the lists do not fit one another.
    """
    energies = row.get("conformer_energies_ev")
    if energies is None or not hasattr(energies, "__len__"):
        return None
    numbers = np.asarray(row["numbers"])
    positions = np.asarray(row["conformer_positions"], dtype=np.float64).reshape(len(energies), -1, 3)
    origin = str(row.get("geometry") or AS_GIVEN)
    geometries = tuple(Geometry(numbers, places, origin) for places in positions)
    return Ensemble(geometries, np.asarray(energies), np.asarray(row["conformer_degeneracies"]))


def conformers_of_row(row: Any) -> Ensemble:  # noqa: ANN401 - as `ensemble_of_row`
    """Return the conformers of a row, or its one geometry as such.

    Raises
    ------
    GeometryError
        If it has no geometry, or the lists do not fit one another.
    """
    ensemble = ensemble_of_row(row)
    if ensemble is not None:
        return ensemble
    return Ensemble.of_one(Geometry(row["numbers"], row["positions"], str(row.get("geometry") or AS_GIVEN)))


def reweigh(table: pd.DataFrame, temperature_k: float) -> pd.DataFrame:
    """Return a prediction table with its conformers averaged at another temperature [K]; nothing is predicted again.

    The learner's expected error stays as it is: it hardly differs between conformers.

    Raises
    ------
    EigenscopeError
        If the temperature is out of range.
    """
    check_temperature(temperature_k)
    has_several = [k for k, levels in enumerate(table["conformer_levels_ev"]) if hasattr(levels, "__len__")]
    columns = {name: table[name].to_list() for name in REWEIGHED}
    for k in has_several:
        row = table.iloc[k]
        weights = boltzmann_weights(
            row["conformer_energies_ev"], row["conformer_degeneracies"], temperature_k=temperature_k
        )
        levels = conformer_levels(row)
        mean = average_levels(levels, weights)
        columns["levels_ev"][k] = mean.valence_ev.astype(np.float32)
        columns["homo_ev"][k], columns["lumo_ev"][k], columns["gap_ev"][k] = mean.homo_ev, mean.lumo_ev, mean.gap_ev
        columns["conformer_spread_ev"][k] = band_spread_ev([e.valence_ev for e in levels], weights)
    changed = {name: pd.Series(values, index=table.index, dtype=table[name].dtype) for name, values in columns.items()}
    temperatures = table["temperature_k"].where(table["temperature_k"].isna(), temperature_k)
    return table.assign(**changed, temperature_k=temperatures)


def conformer_levels(row: Any) -> list[Levels]:  # noqa: ANN401 - as `ensemble_of_row`
    """Return the levels of each conformer of a row that has several."""
    stacked = np.asarray(row["conformer_levels_ev"], dtype=np.float64).reshape(len(row["conformer_energies_ev"]), -1)
    return [Levels(energies[:-1], float(energies[-1])) for energies in stacked]


def weighed_levels(row: Any, *, shift_ev: float = 0.0) -> WeighedLevels | None:  # noqa: ANN401 - as `ensemble_of_row`
    """Return the occupied levels of each conformer of a row, shifted, and their weights; None where it has one."""
    if not row.get("n_conformers", 1) > 1 or not hasattr(row.get("conformer_levels_ev"), "__len__"):
        return None
    weights = boltzmann_weights(
        row["conformer_energies_ev"], row["conformer_degeneracies"], temperature_k=float(row["temperature_k"])
    )
    return np.array([levels.valence_ev for levels in conformer_levels(row)]) + shift_ev, weights


def fitting_conformer(row: Any) -> int | None:  # noqa: ANN401 - as `ensemble_of_row`
    """Return the place, from 0, of the conformer that stands for a row of a ranking; None where the whole row does."""
    place = row.get("conformer")
    return None if place is None or pd.isna(place) else int(place) - 1


def one_conformer(row: pd.Series) -> pd.Series:
    """Return a row of a prediction table as that of one conformer: that which stands for it in a ranking, else its first."""
    ensemble = ensemble_of_row(row)
    if ensemble is None:
        return row
    place = fitting_conformer(row) or 0
    levels, alone = conformer_levels(row)[place], row.copy()
    alone["levels_ev"] = levels.valence_ev.astype(np.float32)
    alone["homo_ev"], alone["lumo_ev"], alone["gap_ev"] = levels.homo_ev, levels.lumo_ev, levels.gap_ev
    alone["positions"] = ensemble.geometries[place].positions.astype(np.float32).ravel()
    alone["conformer"] = None
    for name, value in {**NO_CONFORMERS, "n_conformers": 1, "conformer_levels_ev": None}.items():
        alone[name] = value
    alone["conformer_spread_ev"] = alone["temperature_k"] = np.nan
    return alone
