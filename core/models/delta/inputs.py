"""What is known of each level of a molecule before it is corrected: where it lies, on which atoms, and in what company.

How far a Kohn-Sham level lies from an ionisation energy depends on how localised it is (its repulsion with itself), on what
polarises around the hole, and on the atoms and shells that it is made of.
"""

from dataclasses import dataclass

import numpy as np

from core.elements import ELEMENTS
from core.models.protocol import ExplainedLevels
from core.structure.geometry import Geometry
from core.units import COULOMB_EV_ANGSTROM

# Of free atoms [Angstrom^3]: Schwerdtfeger and Nagle, Mol. Phys. 2019, doi 10.1080/00268976.2018.1535143
POLARISABILITY = {
    1: 0.667,
    5: 3.04,
    6: 1.67,
    7: 1.10,
    8: 0.785,
    9: 0.554,
    14: 5.53,
    15: 3.70,
    16: 2.87,
    17: 2.16,
    35: 3.12,
    53: 4.87,
}
CHARGE_WIDTH_ANGSTROM = 1.0  # of an orbital on one atom: no repulsion is larger than e^2 over it
ALIKE_EV = 0.05  # levels so near each other share what they are: of degenerate orbitals any mixture is as good
ELEMENT_NUMBERS = [element.number for element in ELEMENTS]


@dataclass(frozen=True, eq=False)
class LevelInputs:
    """What is known of some levels, one a row.

    Attributes
    ----------
    energies_ev : (n_levels,) [eV]
    described : (n_levels, n_described)
        Energy, repulsion with itself and polarisation [eV], share of s, number of atoms that it is spread over, logarithm of
        the molecule's heavy atoms, and its weight on each element and on the s shells of each.
    features : (n_levels, n_features)
        Of the atoms, by its weight on them.
    molecules : (n_levels,) of int
        Which of them are of the same molecule.
    """

    energies_ev: np.ndarray
    described: np.ndarray
    features: np.ndarray
    molecules: np.ndarray

    def __len__(self) -> int:
        return len(self.energies_ev)

    def select(self, rows: np.ndarray) -> "LevelInputs":
        """Return some of the rows."""
        return LevelInputs(*(array[rows] for array in vars(self).values()))


def describe_levels(explained: ExplainedLevels) -> LevelInputs:
    """Return what is known of a molecule's valence levels, in their order. Does not depend on the order of its atoms.

    Raises
    ------
    ValueError
        If the levels have no weights.
    """
    geometry, levels = explained.geometry, explained.levels
    if levels.atom_weights is None or levels.s_weights is None:
        raise ValueError("levels are described by their weights on atoms, these have none")
    n_levels = len(levels.valence_ev)
    alike = np.exp(-0.5 * np.square((levels.valence_ev[:, None] - levels.valence_ev) / ALIKE_EV))
    alike /= alike.sum(1, keepdims=True)
    weights, s_weights = alike @ levels.atom_weights[:n_levels], alike @ levels.s_weights[:n_levels]
    of_element = geometry.numbers[:, None] == ELEMENT_NUMBERS  # (n_atoms, n_elements)
    n_heavy = max(int((geometry.numbers > 1).sum()), 1)
    repulsion, polarisation = self_repulsion_ev(geometry, weights), polarisation_ev(geometry, weights)
    described = np.column_stack(
        [
            levels.valence_ev,
            repulsion,
            polarisation,
            s_weights.sum(1),
            1 / np.square(weights).sum(1),
            np.full(n_levels, np.log(n_heavy)),
            weights @ of_element,
            s_weights @ of_element,
        ]
    )
    return LevelInputs(levels.valence_ev, described, weights @ explained.features, np.zeros(n_levels, int))


def self_repulsion_ev(geometry: Geometry, weights: np.ndarray) -> np.ndarray:
    """Return (n_levels,) the Coulomb energy [eV] with itself of each level, spread over atoms by (n_levels, n_atoms)."""
    squares = np.square(geometry.positions[:, None] - geometry.positions[None]).sum(-1)
    pairs = COULOMB_EV_ANGSTROM / np.sqrt(squares + CHARGE_WIDTH_ANGSTROM**2)
    energies: np.ndarray = np.einsum("ka,ab,kb->k", weights, pairs, weights)
    return energies


def polarisation_ev(geometry: Geometry, weights: np.ndarray) -> np.ndarray:
    """Return (n_levels,) the energy [eV] by which the atoms' dipoles would screen a hole in each level, each atom by itself."""
    away = geometry.positions[None] - geometry.positions[:, None]  # (from, to, 3)
    squares = np.square(away).sum(-1)
    strength = weights[:, :, None] / (squares + CHARGE_WIDTH_ANGSTROM**2) ** 1.5  # (n_levels, from, to)
    field = np.einsum("kab,abx->kbx", strength, away)
    polarisability = np.array([POLARISABILITY[int(z)] for z in geometry.numbers])
    energies: np.ndarray = 0.5 * COULOMB_EV_ANGSTROM * (np.square(field).sum(-1) @ polarisability)
    return energies


def join_inputs(parts: list[LevelInputs]) -> LevelInputs:
    """Return the levels of several molecules as one."""
    energies, described, features = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("energies_ev", "described", "features")
    )
    return LevelInputs(energies, described, features, np.repeat(np.arange(len(parts)), [len(part) for part in parts]))
