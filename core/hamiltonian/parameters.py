"""The free numbers of a Hamiltonian: hoppings that the crystal's symmetry makes equal are one parameter."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

from core.errors import InputError
from core.hamiltonian.crystal import Crystal
from core.hamiltonian.neighbours import NeighbourPairs, find_neighbours
from core.hamiltonian.orbitals import ORBITALS_OF, check_basis, representation
from core.hamiltonian.symmetry import Operation, find_operations
from core.hamiltonian.tight_binding import Hamiltonian


@dataclass(frozen=True, eq=False)
class Parametrisation:
    """A linear map from parameters to the elements of a Hamiltonian.

    Every Hamiltonian that it makes is Hermitian and has the crystal's symmetry, whatever the parameters are.

    Attributes
    ----------
    crystal : Crystal
    basis : str
        "pz" or "sp".
    pairs : NeighbourPairs
    rows, columns : (n_elements,) int64
        Orbitals, of the home cell and of the cell `cells`.
    cells : (n_elements, 3) int64
    pair_of : (n_elements,) int64
        The pair that each element belongs to.
    spread : (n_elements, n_parameters) sparse
        Elements = spread @ parameters.
    shells : (n_parameters,) int64
        The shell of neighbours that each parameter belongs to; 0: on-site.
    """

    crystal: Crystal
    basis: str
    pairs: NeighbourPairs
    rows: np.ndarray
    columns: np.ndarray
    cells: np.ndarray
    pair_of: np.ndarray
    spread: csr_matrix
    shells: np.ndarray

    @property
    def n_parameters(self) -> int:
        """Number of free numbers."""
        return int(self.spread.shape[1])

    @property
    def distances(self) -> np.ndarray:
        """Distance of the pairs of each parameter, (n_parameters,) [Angstrom]."""
        first = np.asarray(np.abs(self.spread).argmax(axis=0)).ravel()
        distances: np.ndarray = self.pairs.distances[self.pair_of[first]]
        return distances

    def hamiltonian(self, parameters: np.ndarray) -> Hamiltonian:
        """Return the Hamiltonian of these parameters [eV]."""
        labels = ORBITALS_OF[self.basis]
        atoms = np.repeat(np.arange(self.crystal.n_atoms), len(labels))
        return Hamiltonian(
            self.crystal,
            atoms,
            labels * self.crystal.n_atoms,
            self.rows,
            self.columns,
            self.cells,
            self.spread @ np.asarray(parameters, float),
        )

    def parameters_of(self, hamiltonian: Hamiltonian) -> np.ndarray:
        """Return the parameters that come nearest to a Hamiltonian of the same crystal and orbitals; elements beyond it are 0."""
        known = dict(zip(hamiltonian.element_keys(), hamiltonian.values, strict=True))
        keys = zip(self.rows.tolist(), self.columns.tolist(), *self.cells.T.tolist(), strict=True)
        values = np.array([known.get(key, 0.0) for key in keys])
        weight = np.asarray(self.spread.multiply(self.spread).sum(axis=0)).ravel()
        parameters: np.ndarray = (
            self.spread.T @ values
        ) / weight  # columns share no element, or are orthogonal on those
        return parameters


def images_of_pairs(pairs: NeighbourPairs, operations: list[Operation]) -> tuple[np.ndarray, np.ndarray]:
    """Return onto which pair each operation carries each pair, (n_operations, n_pairs), and each pair's reverse, (n_pairs,)."""
    reach = 2 * int(np.abs(pairs.cells).max()) + 3
    n_atoms = int(pairs.first.max()) + 1

    def code(first: np.ndarray, second: np.ndarray, cells: np.ndarray) -> np.ndarray:
        a, b, c = (cells + reach).T
        size = 2 * reach + 1
        codes: np.ndarray = (((first * n_atoms + second) * size + a) * size + b) * size + c
        return codes

    codes = code(pairs.first, pairs.second, pairs.cells)
    order = np.argsort(codes)

    def place(wanted: np.ndarray) -> np.ndarray:
        places: np.ndarray = order[np.searchsorted(codes[order], wanted).clip(max=len(order) - 1)]
        if not np.array_equal(codes[places], wanted):
            raise InputError("distances that symmetry makes equal must be equal: make the structure's symmetry exact")
        return places

    images = [
        place(
            code(
                o.images[pairs.first],
                o.images[pairs.second],
                pairs.cells @ o.rotation + o.cells[pairs.second] - o.cells[pairs.first],
            )
        )
        for o in operations
    ]
    return np.array(images), place(code(pairs.second, pairs.first, -pairs.cells))


def allowed_blocks(turns: list[np.ndarray], flips: list[np.ndarray], n: int) -> np.ndarray:
    """Return an orthonormal basis of the blocks that a pair's own symmetry leaves alone, (n_free, n, n).

    Parameters
    ----------
    turns, flips : list of (n, n)
        How the operations that keep the pair, and those that exchange its ends, turn the orbitals.
    """
    projector = np.zeros((n * n, n * n))
    transpose = np.arange(n * n).reshape(n, n).T.ravel()
    for turn in turns:
        projector += np.kron(turn, turn)
    for flip in flips:
        projector += np.kron(flip, flip)[:, transpose]
    projector /= len(turns) + len(flips)
    values, vectors = np.linalg.eigh((projector + projector.T) / 2)
    blocks = vectors[:, values > 0.5].T
    blocks = blocks * np.sign(blocks[np.arange(len(blocks)), np.abs(blocks).argmax(axis=1)])[:, None]
    found: np.ndarray = blocks.reshape(-1, n, n)
    return found


def parametrise(crystal: Crystal, n_shells: int, *, basis: str) -> Parametrisation:
    """Return the free numbers of a Hamiltonian up to the n-th neighbours.

    Parameters
    ----------
    basis : str
        "pz" or "sp"; see `core.hamiltonian.orbitals`.

    Raises
    ------
    InputError
        See `find_neighbours` and `check_basis`.
    """
    check_basis(crystal, basis)
    pairs, operations = find_neighbours(crystal, n_shells), find_operations(crystal)
    images, reverse = images_of_pairs(pairs, operations)
    turns = [representation(basis, o.turn) for o in operations]
    n = len(ORBITALS_OF[basis])
    blocks: list[tuple[int, int, np.ndarray]] = []  # pair, parameter, block
    shells: list[int] = []
    is_done = np.zeros(len(pairs), bool)
    for pair in np.argsort(pairs.shells, kind="stable"):
        if is_done[pair]:
            continue
        onto = images[:, pair]
        own = [turns[o].T for o in np.flatnonzero(onto == pair)]
        exchanged = [turns[o].T for o in np.flatnonzero(onto == reverse[pair])] if reverse[pair] != pair else []
        free = allowed_blocks(own, exchanged if reverse[pair] != pair else own, n)
        for image, place in zip(*np.unique(onto, return_index=True), strict=True):
            turned = turns[place].T @ free @ turns[place]
            sides = {int(image): turned, int(reverse[image]): turned.transpose(0, 2, 1)}
            for side, block in sides.items():
                if not is_done[side]:
                    blocks += [(side, len(shells) + f, block[f]) for f in range(len(free))]
                    is_done[side] = True
        shells += [int(pairs.shells[pair])] * len(free)
    return map_of_blocks(crystal, basis, pairs, blocks, np.array(shells))


def map_of_blocks(
    crystal: Crystal, basis: str, pairs: NeighbourPairs, blocks: list[tuple[int, int, np.ndarray]], shells: np.ndarray
) -> Parametrisation:
    """Return the map whose elements are those of the blocks (pair, parameter, (n, n))."""
    n = len(ORBITALS_OF[basis])
    inner = np.array(list(np.ndindex(n, n)))
    rows = (pairs.first[:, None] * n + inner[None, :, 0]).ravel()
    columns = (pairs.second[:, None] * n + inner[None, :, 1]).ravel()
    places = np.concatenate([pair * n * n + np.arange(n * n) for pair, _, _ in blocks])
    parameters = np.repeat([parameter for _, parameter, _ in blocks], n * n)
    values = np.concatenate([block.ravel() for _, _, block in blocks])
    values[np.abs(values) < 1e-12] = 0.0
    spread = csr_matrix((values, (places, parameters)), shape=(len(rows), len(shells)))
    spread.eliminate_zeros()
    cells = np.repeat(pairs.cells, n * n, axis=0)
    return Parametrisation(
        crystal, basis, pairs, rows, columns, cells, np.repeat(np.arange(len(pairs)), n * n), spread, shells
    )
