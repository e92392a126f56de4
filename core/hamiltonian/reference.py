"""BandReference: what a Hamiltonian is fitted to, and held against."""

import json
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from core.arrays import frozen
from core.assets import HAMILTONIAN
from core.errors import InputError
from core.files import write_bytes
from core.hamiltonian.crystal import Crystal

BAND_REFERENCES = HAMILTONIAN / "references"
FITTED, GRID, PATH = 0, 1, 2  # what a k-point is for; the last two are never fitted
WEIGHED_EV = 2.6  # atoms' weights are kept of states within this of zero


@dataclass(frozen=True, eq=False)
class BandReference:
    """Bands of a crystal. The arrays are its own, and read-only.

    Attributes
    ----------
    crystal : Crystal
    basis : str
        The orbitals that its model has; see `core.hamiltonian.orbitals`.
    kpts : (n_k, 3) float64
        Along the reciprocal lattice vectors.
    energies : (n_k, n_bands) float64 [eV]
        Ascending, from the Fermi level (a gap's upper valence edge); NaN where not known.
    first_band : int
        Which of the model's bands the first of them is: 0 where all bands from the bottom on are there.
    roles : (n_k,) int64
        FITTED, GRID or PATH.
    multiplicities : (n_k,) float64
        Of how many k-points of the grid each of the role GRID stands for.
    weights : (n_k, n_weighed, n_atoms) float32
        On atoms, of the bands from `first_weighed` on; n_weighed is 0 where they are not
        known; those along the path are left out, zeros.
    first_weighed : int
    window_ev : (float, float)
        Energies that count.
    n_counted : int
        Bands above that many of the model do not count.
    projected : (n_parameters,) float64 [eV]
        The reference's own Hamiltonian between its p_z orbitals, as parameters up to MAX_SHELL neighbours
        (`core.hamiltonian.parameters`); empty where it is not known.
    facts : dict
        Level of theory and such, for people.

    Raises
    ------
    InputError
        If shapes do not fit each other, or there are more bands than the model has.
    """

    crystal: Crystal
    basis: str
    kpts: np.ndarray
    energies: np.ndarray
    first_band: int
    roles: np.ndarray
    multiplicities: np.ndarray
    weights: np.ndarray
    first_weighed: int = 0
    window_ev: tuple[float, float] = (-2.0, 2.0)
    n_counted: int = 10_000
    projected: np.ndarray = field(default_factory=lambda: np.zeros(0))
    facts: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("kpts", "energies", "multiplicities", "projected"):
            object.__setattr__(self, name, frozen(getattr(self, name)))
        object.__setattr__(self, "roles", frozen(self.roles, np.int64))
        object.__setattr__(self, "weights", frozen(self.weights, np.float32))
        if self.kpts.ndim != 2 or self.kpts.shape[1] != 3 or self.energies.shape[0] != len(self.kpts):
            raise InputError(
                f"bands need one row a k-point: got {len(self.kpts)} k-points, energies {self.energies.shape}"
            )
        per_atom = {"pz": 1, "sp": 4}[self.basis]
        n_model = self.crystal.n_atoms * per_atom
        if self.first_band < 0 or self.first_band + self.energies.shape[1] > n_model:
            raise InputError(
                f"there must be no more bands than the model has orbitals, {n_model}: "
                f"got bands {self.first_band + 1} to {self.first_band + self.energies.shape[1]}"
            )

    def points(self, *roles: int) -> np.ndarray:
        """Return the indices of the k-points of these roles."""
        return np.flatnonzero(np.isin(self.roles, roles))

    @property
    def n_held_out(self) -> int:
        """How many k-points are never fitted."""
        return int((self.roles != FITTED).sum())

    @property
    def has_weights(self) -> bool:
        """Whether the states' weights on atoms are known."""
        return bool(self.weights.shape[1])

    def counted(self, window_ev: tuple[float, float] | None = None) -> np.ndarray:
        """Return which energies count, (n_k, n_bands) bool: known, in the window, and of the bands that count."""
        low, high = window_ev or self.window_ev
        known = np.nan_to_num(self.energies, nan=np.inf)
        bands = self.first_band + np.arange(self.energies.shape[1])
        counted: np.ndarray = np.isfinite(known) & (known >= low) & (known <= high) & (bands < self.n_counted)
        return counted


ARRAYS = ("kpts", "energies", "roles", "multiplicities", "weights", "projected")


def save_reference(reference: BandReference, path: Path) -> None:
    """Write a reference as npz; energies in float32 (0.0002 meV), weights in float16."""
    crystal = reference.crystal
    facts = {
        "name": crystal.name,
        "basis": reference.basis,
        "first_band": reference.first_band,
        "first_weighed": reference.first_weighed,
        "window_ev": list(reference.window_ev),
        "n_counted": reference.n_counted,
        "facts": reference.facts,
    }
    stream = BytesIO()
    np.savez_compressed(
        stream,
        numbers=crystal.numbers.astype(np.uint8),
        positions=crystal.positions,
        cell=crystal.cell,
        periodic=crystal.periodic,
        kpts=reference.kpts,
        energies=reference.energies.astype(np.float32),
        roles=reference.roles.astype(np.uint8),
        multiplicities=reference.multiplicities.astype(np.float32),
        weights=reference.weights.astype(np.float16),
        projected=reference.projected.astype(np.float32),
        facts=np.array(json.dumps(facts)),
    )
    write_bytes(path, stream.getvalue())


def load_reference(path: Path) -> BandReference:
    """Return a reference that `save_reference` wrote.

    Raises
    ------
    InputError
        If the file is not there or is none.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            facts = json.loads(str(file["facts"]))
            crystal = Crystal(file["numbers"], file["positions"], file["cell"], file["periodic"], facts.pop("name"))
            arrays = {name: file[name] for name in ARRAYS}
    except (OSError, KeyError, ValueError) as error:
        raise InputError(
            f"{path.name} is no reference of bands as `eigenscope hamiltonian references` writes it: {error}"
        ) from error
    return BandReference(crystal, **arrays, **facts | {"window_ev": tuple(facts["window_ev"])})


def shipped_references() -> list[str]:
    """Return the keys of the references that come with the program: "585_5x5", ..."""
    return sorted(path.stem for path in BAND_REFERENCES.glob("*.npz"))


def get_reference(key: str) -> BandReference:
    """Return one of those that come with the program.

    Raises
    ------
    InputError
        If there is none of that key.
    """
    if key not in shipped_references():
        raise InputError(f"the reference must be one of {', '.join(shipped_references())}, got {key!r:.60}")
    return load_reference(BAND_REFERENCES / f"{key}.npz")
