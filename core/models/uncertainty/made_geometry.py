"""What levels may be off because the geometry was made here: the molecule may have another conformer, or a better geometry.

An error of its own beside the learner's, which holds at the geometry it is given. Fitted by `eigenscope compare geometries` to
what moving to a geometry made here does to the levels of training molecules, and checked there on test molecules.
"""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict
from rdkit import Chem
from rdkit.Chem import rdMolDescriptors

from core.assets import COMPARISON
from core.errors import InputError
from core.spectrum.metrics import Figures
from core.structure.geometry import MADE_HERE

MADE_GEOMETRY_FILE = "made_geometry.json"
MOST_ROTATABLE = 3  # beyond it the error does not grow: what one bond adds, another takes
ROTOR = Chem.MolFromSmarts(
    "[$([OX2H,SX2H,NX3H2]);!$(*[#6]=[#8])]-[!$(*#*)]"
)  # O-H, S-H, NH2 that turn; none of acids and amides
N_REMEMBERED = 20_000  # molecules


class MadeGeometryError(BaseModel):
    """Root mean square error of a level [eV] by how floppy its molecule is: the squares of the terms add up.

    Attributes
    ----------
    rigid_ev : float
        Of a molecule without anything that turns.
    rotatable_ev : float
        For each rotatable bond, up to MOST_ROTATABLE.
    rotor_ev : float
        For each group that turns its hydrogen: O-H, S-H, NH2.
    spread : float
        For each eV of the spread over its conformers, of a molecule that is averaged over them.
    n_fitted : int
        Molecules that it was fitted to.
    """

    model_config = ConfigDict(extra="ignore")

    rigid_ev: float
    rotatable_ev: float
    rotor_ev: float
    spread: float = 0.0
    n_fitted: int = 0

    def of(self, smiles: str, spread_ev: float = 0.0) -> float:
        """Return the error [eV] of a molecule; of one whose bonds are not known, that of a rigid one."""
        n_rotatable, n_rotors = count_turning(smiles)
        squares = np.square((self.rigid_ev, self.rotatable_ev, self.rotor_ev, self.spread * spread_ev))
        return float(np.sqrt(squares @ (1, n_rotatable, n_rotors, 1)))


class MadeGeometries(BaseModel):
    """What `eigenscope compare geometries` measured, by kind of geometry.

    Attributes
    ----------
    errors : dict
        Fitted to training molecules.
    checked : dict
        The same against test molecules: see `core.evaluation.made_geometries`.
    """

    errors: dict[str, MadeGeometryError]
    checked: dict[str, Figures] = {}


@lru_cache(maxsize=N_REMEMBERED)
def count_turning(smiles: str) -> tuple[int, int]:
    """Return the number of rotatable bonds, at most MOST_ROTATABLE, and of groups that turn their hydrogens.

    Examples
    --------
    >>> count_turning("OCCc1ccccc1")
    (2, 1)
    """
    mol = Chem.MolFromSmiles(smiles) if smiles else None
    if mol is None:
        return 0, 0
    n_rotatable = rdMolDescriptors.CalcNumRotatableBonds(mol)
    return min(n_rotatable, MOST_ROTATABLE), len(mol.GetSubstructMatches(ROTOR))


@lru_cache(maxsize=1)
def load_made_geometries(folder: Path = COMPARISON) -> MadeGeometries:
    """Return the error of each kind of geometry that is made here, by its name in tables, and how it was checked.

    Raises
    ------
    InputError
        If the file is missing or holds something else.
    """
    path = folder / MADE_GEOMETRY_FILE
    try:
        return MadeGeometries.model_validate_json(path.read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(f"{path.name} is not there or broken: eigenscope compare geometries writes it") from error


def kind_of(origin: str, *, is_averaged: bool) -> str:
    """Return the name under which the error of a geometry is kept, from its `origin`."""
    return f"{origin}, conformers" if is_averaged else origin


def made_geometry_error_ev(
    smiles: Sequence[str], origins: Sequence[str], spreads_ev: Sequence[float] | np.ndarray
) -> np.ndarray:
    """Return (n,) the error [eV] of a level that comes with each geometry: 0 where it was not made here.

    Parameters
    ----------
    smiles : n SMILES
    origins : n kinds of geometry, as `core.structure.geometry.Geometry.origin`
    spreads_ev : n spreads over conformers [eV]
        nan of a molecule that is not averaged over several.
    """
    if not set(origins) & set(MADE_HERE):
        return np.zeros(len(origins))
    errors = load_made_geometries().errors
    rigid = max(errors.values(), key=lambda x: x.rigid_ev)  # for a force field without molecules to be fitted to
    found = np.zeros(len(origins))
    for k, (own, origin, spread_ev) in enumerate(zip(smiles, origins, spreads_ev, strict=True)):
        if origin in MADE_HERE:
            is_averaged = bool(np.isfinite(spread_ev))
            error = errors.get(kind_of(origin, is_averaged=is_averaged), rigid)
            found[k] = error.of(own, float(spread_ev) if is_averaged else 0.0)
    return found


def total_errors_ev(table: pd.DataFrame) -> list[np.ndarray]:
    """Return for each row the expected error (n_levels,) [eV] of its levels, of learner and made geometry; nan where not known.

    Parameters
    ----------
    table : prediction table
        With `levels_ev` and `expected_rmse_ev`; `level_errors_ev`, where it is there, tells levels apart, and without `smiles`
        and `geometry` only the learner's error is known.
    """
    made = geometry_errors_ev(table)
    bands = table["expected_rmse_ev"].to_numpy(dtype=np.float64, na_value=np.nan)
    known = table["level_errors_ev"] if "level_errors_ev" in table else [None] * len(table)
    totals = []
    for levels, own, band, geometry in zip(table["levels_ev"], known, bands, made, strict=True):
        n_levels = len(levels) if hasattr(levels, "__len__") else 0
        has_own = hasattr(own, "__len__") and len(own) == n_levels
        totals.append(np.hypot(np.asarray(own, np.float64) if has_own else np.full(n_levels, band), geometry))
    return totals


def errors_with_lumo_ev(table: pd.DataFrame) -> list[np.ndarray]:
    """Return `total_errors_ev` of each row, (n_levels + 1,) [eV] with that of the LUMO last."""
    known = table["lumo_error_ev"] if "lumo_error_ev" in table else pd.Series(np.nan, index=table.index)
    lumos = np.hypot(known.to_numpy(dtype=np.float64, na_value=np.nan), geometry_errors_ev(table))
    return [np.append(errors, lumo) for errors, lumo in zip(total_errors_ev(table), lumos, strict=True)]


def geometry_errors_ev(table: pd.DataFrame) -> np.ndarray:
    """Return (n_rows,) the error [eV] of levels that comes with each row's geometry; see `made_geometry_error_ev`."""
    if not {"smiles", "geometry"} <= set(table.columns):
        return np.zeros(len(table))
    has_spread = "conformer_spread_ev" in table.columns
    spreads = table["conformer_spread_ev"].to_numpy(np.float64) if has_spread else np.full(len(table), np.nan)
    smiles, origins = (table[column].astype(str).tolist() for column in ("smiles", "geometry"))
    return made_geometry_error_ev(smiles, origins, spreads)
