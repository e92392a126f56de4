"""What screening needs in tests, without a trained model: a scan of reference levels, a library, and a model by xTB."""

from collections.abc import Sequence
from functools import cache
from types import SimpleNamespace

import numpy as np
import pandas as pd

from core.assets import QM9_PBE
from core.reference.xtb import xtb_levels
from core.spectrum.broaden import Spectrum, broaden
from core.spectrum.levels import Levels
from core.spectrum.target import Target, target_from_spectrum
from core.structure.domain import check_geometry
from core.structure.geometry import Geometry
from core.theory import XTB_THEORY

N = 120  # rows of the scan that the ranking tests share


@cache
def _labels() -> pd.DataFrame:
    return pd.read_parquet(QM9_PBE).drop(columns=["population", "population_s"])


def labels(n_rows: int | None = None) -> pd.DataFrame:
    """Return the first rows of the reference labels, a fresh copy."""
    return _labels().iloc[:n_rows].copy()


def reference_scan(n_rows: int, *, expected_rmse_ev: float = 0.05) -> pd.DataFrame:
    """Return a prediction table of `n_rows` reference rows; molecules without a band may be among them."""
    table = labels(n_rows)
    valence = [
        np.asarray(e[c:o], np.float32)
        for e, c, o in zip(table["levels_ev"], table["n_core"], table["n_occupied"], strict=True)
    ]
    lumo = np.array([e[o] for e, o in zip(table["levels_ev"], table["n_occupied"], strict=True)])
    homo = np.array([v[-1] for v in valence])
    return pd.DataFrame(
        {
            "id": table["id"].to_numpy(),
            "row": np.arange(1, n_rows + 1),
            "status": "ok",
            "reason": "",
            "smiles": table["smiles"].to_numpy(),
            "n_atoms": [len(z) for z in table["numbers"]],
            "numbers": list(table["numbers"]),
            "positions": list(table["positions"]),
            "levels_ev": valence,
            "homo_ev": homo,
            "lumo_ev": lumo,
            "gap_ev": lumo - homo,
            "expected_rmse_ev": expected_rmse_ev,
            "model": "reference",
        }
    )


def without_prediction(scan: pd.DataFrame, row: int, *, reason: str) -> pd.DataFrame:
    """Return the table with one row failed."""
    scan = scan.copy()
    scan["levels_ev"] = scan["levels_ev"].astype(object)
    scan.at[row, "status"], scan.at[row, "reason"], scan.at[row, "levels_ev"] = "failed", reason, None
    scan.loc[row, ["homo_ev", "lumo_ev", "gap_ev", "expected_rmse_ev"]] = np.nan
    return scan


class XtbModel:
    """GFN2-xTB behind the interface of a trained model: real levels, nothing to train."""

    key = "gfn2-xtb"
    card = SimpleNamespace(level_of_theory=str(XTB_THEORY))

    def __init__(self) -> None:
        self.calls: list[int] = []

    def check(self, geometry: Geometry) -> None:
        """Any size."""

    def predict_levels(self, geometries: Sequence[Geometry], *, weights: bool = False) -> list[Levels]:
        self.calls.append(len(geometries))
        answers = []
        for g in geometries:
            check_geometry(g)
            energies = xtb_levels(g)
            n_occupied = int(np.where(g.numbers > 1, g.numbers - 2.0, g.numbers).sum()) // 2
            answers.append(Levels(energies[:n_occupied], float(energies[n_occupied]), 0.3))
        return answers


def small_library(n_rows: int) -> pd.DataFrame:
    table = labels(n_rows)[["id", "smiles", "numbers", "positions"]].reset_index(drop=True)
    table["logp"] = np.linspace(-1, 1, n_rows)
    return table


def banded_scan(n_rows: int) -> pd.DataFrame:
    """Return the first `n_rows` rows of the reference scan that have a band."""
    table = reference_scan(n_rows + 10)
    return table[[len(x) >= 16 for x in table["levels_ev"]]].iloc[:n_rows].reset_index(drop=True)


def curve_target(scan: pd.DataFrame, row: int, *, scale: float = 1.0, step: float = 0.1) -> Target:
    """A row's headline spectrum as a measured curve: arbitrary units, own grid."""
    energies = np.arange(-29.95, -1.0, step)
    band = scan["levels_ev"][row][-16:]
    return target_from_spectrum(Spectrum(energies, scale * broaden(band, grid_ev=energies)), n_levels=16)
