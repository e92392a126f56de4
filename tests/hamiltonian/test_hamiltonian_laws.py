"""Laws of every Hamiltonian: Hermitian, the lattice's symmetry, k and -k, folding, sums of densities.

Covers `core.hamiltonian.tight_binding`, `core.hamiltonian.parameters`, `core.hamiltonian.symmetry`,
`core.hamiltonian.neighbours`,
`core.hamiltonian.orbitals`, `core.hamiltonian.local_density`, `core.hamiltonian.crystal`, `core.hamiltonian.kpoints`.
"""

from dataclasses import replace

import numpy as np
import pytest

from core.errors import GeometryError, InputError, ModelError
from core.hamiltonian.crystal import Crystal, crystal_from_atoms, crystal_to_atoms, repeated
from core.hamiltonian.kpoints import general_points, grid_points, path_points
from core.hamiltonian.local_density import local_density, total_density
from core.hamiltonian.neighbours import find_neighbours
from core.hamiltonian.parameters import parametrise
from core.hamiltonian.sheets import DEFECTS, LATTICE, diamond, graphene, make_sheet
from core.hamiltonian.symmetry import find_operations, symmetrised
from core.hamiltonian.tight_binding import repeat_hamiltonian

NAMES = ["graphene", "585", "flower", "diamond", "graphene of s and p"]


@pytest.mark.parametrize("name", NAMES)
def test_hermitian_at_every_k(name, random_hamiltonian) -> None:
    _, hamiltonian = random_hamiltonian(name)
    bloch = hamiltonian.bloch(np.random.default_rng(1).normal(size=(4, 3)))
    np.testing.assert_allclose(bloch, bloch.conj().transpose(0, 2, 1), atol=1e-12)


def test_what_is_not_hermitian_is_refused(random_hamiltonian) -> None:
    _, hamiltonian = random_hamiltonian("graphene")
    values = hamiltonian.values.copy()
    values[np.flatnonzero(hamiltonian.rows != hamiltonian.columns)[0]] += 0.1
    with pytest.raises(ModelError, match="must be Hermitian"):
        replace(hamiltonian, values=values)


@pytest.mark.parametrize("name", NAMES)
def test_bands_have_the_crystals_symmetry(name, random_hamiltonian) -> None:
    _, hamiltonian = random_hamiltonian(name)
    crystal = hamiltonian.crystal
    kpt = np.where(crystal.periodic, [0.137, 0.291, 0.423], 0.0)
    operations = find_operations(crystal)
    turned = np.array([np.linalg.inv(o.rotation) @ kpt for o in operations])
    np.testing.assert_allclose(
        hamiltonian.bands(turned), np.tile(hamiltonian.bands(kpt), (len(operations), 1)), atol=1e-9
    )


def test_without_shared_parameters_the_symmetry_is_lost(random_hamiltonian) -> None:
    _, hamiltonian = random_hamiltonian("585")
    values = hamiltonian.values.copy()
    values[np.flatnonzero(hamiltonian.rows == hamiltonian.columns)[0]] += 0.5
    broken = replace(hamiltonian, values=values)
    _, weights = broken.states(np.zeros((1, 3)))
    operation = next(o for o in find_operations(broken.crystal) if o.images[0] != 0)
    assert np.abs(weights[0] - weights[0][:, operation.images]).max() > 1e-3


@pytest.mark.parametrize("name", NAMES)
def test_k_and_minus_k_have_the_same_bands(name, random_hamiltonian) -> None:
    _, hamiltonian = random_hamiltonian(name)
    kpts = np.random.default_rng(2).normal(size=(3, 3))
    np.testing.assert_allclose(hamiltonian.bands(kpts), hamiltonian.bands(-kpts), atol=1e-9)


@pytest.mark.parametrize(("name", "counts"), [("graphene", (3, 2, 1)), ("diamond", (2, 1, 2)), ("585", (1, 2, 1))])
def test_gamma_of_a_supercell_has_the_small_cells_bands(name, counts, random_hamiltonian) -> None:
    _, hamiltonian = random_hamiltonian(name)
    kpts = np.array(list(np.ndindex(*counts))) / np.array(counts)
    folded = repeat_hamiltonian(hamiltonian, counts).bands(np.zeros((1, 3)))[0]
    np.testing.assert_allclose(folded, np.sort(hamiltonian.bands(kpts).ravel()), atol=1e-9)


def test_a_supercells_own_parameters_make_the_small_cells_bands() -> None:
    small = parametrise(graphene(), 3, basis="pz")
    values = np.array([0.1, -2.7, 0.2, -0.2])
    large = parametrise(make_sheet("pristine", 3), 3, basis="pz")
    assert large.n_parameters == 4
    kpts = np.array([[a / 3, b / 3, 0] for a in range(3) for b in range(3)])
    folded = large.hamiltonian(values).bands(np.zeros((1, 3)))[0]
    np.testing.assert_allclose(folded, np.sort(small.hamiltonian(values).bands(kpts).ravel()), atol=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_local_densities_add_up_to_the_density(name, random_hamiltonian) -> None:
    _, hamiltonian = random_hamiltonian(name)
    kpts, shares = grid_points(hamiltonian.crystal, 3)
    energies, weights = hamiltonian.states(kpts)
    mesh = np.linspace(-3, 3, 13)
    local = local_density(energies, weights, mesh, multiplicities=shares)
    np.testing.assert_allclose(local.sum(axis=0), total_density(energies, mesh, multiplicities=shares), rtol=1e-9)
    assert (local >= 0).all()


def test_densities_hold_all_states(random_hamiltonian) -> None:
    _, hamiltonian = random_hamiltonian("graphene")
    kpts, shares = grid_points(hamiltonian.crystal, 3)
    mesh = np.linspace(-60, 60, 6001)
    density = total_density(hamiltonian.bands(kpts), mesh, multiplicities=shares)
    assert np.trapezoid(density, mesh) == pytest.approx(2, rel=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_parameters_come_back_from_their_hamiltonian(name, random_hamiltonian) -> None:
    parametrisation, hamiltonian = random_hamiltonian(name)
    found = parametrisation.parameters_of(hamiltonian)
    np.testing.assert_allclose(parametrisation.hamiltonian(found).values, hamiltonian.values, atol=1e-10)


def test_graphene_by_nearest_neighbours_is_the_closed_form() -> None:
    """E = +-|t| |1 + exp(2 pi i k1) + ...| (Wallace, Phys. Rev. 71, 622 (1947))."""
    hamiltonian = parametrise(graphene(), 1, basis="pz").hamiltonian(np.array([0.0, -2.7]))
    kpts = general_points(graphene(), 5)
    bloch = hamiltonian.bloch(kpts)
    sums = np.abs(bloch[:, 0, 1]) / 2.7
    np.testing.assert_allclose(hamiltonian.bands(kpts), np.stack([-2.7 * sums, 2.7 * sums], axis=1), atol=1e-12)
    assert np.abs(hamiltonian.bands([[1 / 3, 1 / 3, 0]])).max() < 1e-12
    np.testing.assert_allclose(hamiltonian.bands([[0, 0, 0]])[0], [-8.1, 8.1])
    np.testing.assert_allclose(hamiltonian.bands([[0.5, 0, 0]])[0], [-2.7, 2.7])


def test_graphenes_shells_have_3_6_3_6_6_neighbours() -> None:
    pairs = find_neighbours(graphene(), 10)
    counts = np.bincount(pairs.shells) // 2
    assert counts.tolist() == [1, 3, 6, 3, 6, 6, 6, 6, 3, 6, 12]
    first = pairs.distances[pairs.shells == 2]
    np.testing.assert_allclose(first, LATTICE)


def test_free_numbers_of_high_symmetry_are_those_of_slater_and_koster() -> None:
    shells = parametrise(diamond(), 1, basis="sp").shells
    assert np.bincount(shells).tolist() == [2, 4]  # s, p; ss-sigma, sp-sigma, pp-sigma, pp-pi
    assert np.bincount(parametrise(graphene(), 10, basis="pz").shells).tolist() == [1] * 11


@pytest.mark.parametrize(
    ("defect", "n_atoms", "n_operations"),
    [("vacancy", 49, 2), ("585", 48, 4), ("flower", 50, 12), ("stone_wales", 50, 4)],
)
def test_defects_have_their_atoms_and_symmetry(defect, n_atoms, n_operations) -> None:
    sheet = make_sheet(defect, 5)
    assert sheet.n_atoms == n_atoms
    assert len(find_operations(sheet)) == n_operations
    assert sheet.is_planar()


@pytest.mark.parametrize(
    ("defect", "size", "match"), [("hole", 5, "must be one of pristine"), ("585", 2, "4x4 at least, got 2x2")]
)
def test_what_cannot_be_made_is_refused(defect, size, match) -> None:
    with pytest.raises(InputError, match=match):
        make_sheet(defect, size)
    assert set(DEFECTS) > {"585", "flower"}


def test_symmetry_is_made_exact() -> None:
    sheet = make_sheet("flower", 5)
    rattled = sheet.moved(
        sheet.positions + np.random.default_rng(0).normal(scale=0.004, size=sheet.positions.shape) * [1, 1, 0]
    )
    mended = symmetrised(rattled)
    assert len(find_operations(mended, tolerance=1e-9)) == 12
    assert np.abs(mended.positions - sheet.positions).max() < 0.02


def test_one_orbital_an_atom_is_for_planar_sheets() -> None:
    sheet = make_sheet("585", 4)
    positions = sheet.positions.copy()
    positions[0, 2] += 0.3
    with pytest.raises(InputError, match=r"spread over 0\.30 Angstrom"):
        parametrise(sheet.moved(positions), 1, basis="pz")


def test_crystals_check_what_they_are_given() -> None:
    with pytest.raises(GeometryError, match="one position an atom"):
        Crystal([6, 6], [[0, 0, 0]], np.eye(3), [True] * 3)
    with pytest.raises(GeometryError, match="span a volume"):
        Crystal([6], [[0, 0, 0]], np.ones((3, 3)), [True] * 3)
    with pytest.raises(InputError, match="1 to 10, got 11"):
        find_neighbours(graphene(), 11)
    on_top = repeated(graphene(), (1, 1, 1)).moved(np.array([[0, 0, 6], [0, 0.3, 6]]))
    with pytest.raises(InputError, match=r"apart at least, got 0\.30"):
        find_neighbours(on_top, 1)


def test_a_sheet_that_a_file_calls_periodic_in_all_directions_repeats_in_two() -> None:
    atoms = crystal_to_atoms(graphene())
    atoms.pbc = True
    assert crystal_from_atoms(atoms).periodic.tolist() == [True, True, False]
    atoms.pbc = False
    with pytest.raises(GeometryError, match="repeat in one direction"):
        crystal_from_atoms(atoms)
    assert crystal_from_atoms(crystal_to_atoms(diamond())).periodic.all()


def test_paths_go_through_the_lattices_corners() -> None:
    assert [name for _, name in path_points(graphene(), 5).labels] == ["Γ", "K", "M", "Γ"]
    path = path_points(diamond(), 5)
    assert [name for _, name in path.labels] == ["L", "Γ", "X", "K", "Γ"]
    assert (np.diff(path.lengths) > 0).all()
    cubic = Crystal([6], [[0, 0, 0]], 3 * np.eye(3), [True] * 3)
    assert [name for _, name in path_points(cubic, 4).labels][:2] == ["Γ", "X"]
    with pytest.raises(InputError, match="2 points at least"):
        path_points(graphene(), 1)


def test_grids_stand_for_all_their_points() -> None:
    kpts, shares = grid_points(graphene(), 6)
    assert shares.sum() == 36
    assert len(kpts) == 20
