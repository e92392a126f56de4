"""The reference engine: shipped labels, laws, refusals, PySCF's own solver."""

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.transform import Rotation

from core.assets import QM9_PBE
from core.errors import DomainError, GeometryError
from core.reference import dft, fast_scf
from core.structure.geometry import Geometry

SMALL = 4  # shipped molecules that are computed again
WATER = Geometry(np.array([8, 1, 1]), np.array([[0, 0, 0.119], [0, 0.763, -0.477], [0, -0.763, -0.477]]))
FORMALDEHYDE = Geometry(
    np.array([6, 8, 1, 1]), np.array([[0, 0, -0.53], [0, 0, 0.68], [0, 0.935, -1.11], [0, -0.935, -1.11]])
)


@pytest.fixture(scope="module")
def shipped():
    """The smallest of the shipped labels."""
    table = pd.read_parquet(QM9_PBE)
    return table.loc[table["numbers"].map(np.sum).sort_values(kind="stable").index[:SMALL]]


@pytest.fixture(scope="module")
def references(shipped):
    return [dft.reference_levels(Geometry(z, x)) for z, x in zip(shipped["numbers"], shipped["positions"], strict=True)]


@pytest.fixture(scope="module")
def water():
    return dft.reference_levels(WATER)


def test_reproduces_the_shipped_labels(shipped, references):
    for row, reference in zip(shipped.itertuples(), references, strict=True):
        assert (reference.n_core, reference.n_occupied) == (row.n_core, row.n_occupied)
        assert len(reference.levels_ev) == len(row.levels_ev)
        kept = slice(row.n_core, row.n_occupied + 1)
        np.testing.assert_allclose(reference.levels_ev[kept], row.levels_ev[kept], atol=3e-3)
        np.testing.assert_allclose(reference.levels_ev[: row.n_core], row.levels_ev[: row.n_core], atol=1e-2)
        assert reference.total_energy_ha == pytest.approx(row.total_energy_ha, abs=1e-4)
        n_levels = len(row.levels_ev) - row.n_core
        kept = slice(0, row.n_occupied - row.n_core)
        for name in ("population", "population_s"):
            labelled = np.asarray(getattr(row, name)).reshape(n_levels, -1)[kept]
            own = 255 * getattr(reference, name)[kept]
            levels = reference.levels_ev[row.n_core : row.n_occupied]
            alone = np.min(np.abs(levels[:, None] - levels) + 9 * np.eye(len(levels)), axis=1) > 0.01
            assert np.abs(own - labelled)[alone].max() < 3  # degenerate levels mix freely: their sum is fixed only
            np.testing.assert_allclose(own.sum(axis=0), labelled.sum(axis=0), atol=1 + len(own) / 2)


def test_populations_sum_to_one(references):
    for reference in references:
        np.testing.assert_allclose(reference.population.sum(axis=1), 1, atol=1e-6)
        assert (reference.population_s <= reference.population + 1e-12).all()
        assert reference.population.shape == (
            len(reference.levels_ev) - reference.n_core,
            reference.population.shape[1],
        )
        assert (np.diff(reference.levels_ev) >= 0).all()
        assert reference.converged
        assert reference.solver == dft.FAST_SOLVER


def test_rotation_translation_and_order_of_atoms_change_nothing(water):
    order = [2, 0, 1]
    turned = Rotation.from_euler("xyz", [0.3, 1.1, -0.7]).apply(WATER.positions.copy()) + np.array([1.0, -2.0, 3.0])
    other = dft.reference_levels(Geometry(WATER.numbers[order], turned[order]))
    # the grid's axes do not turn with the molecule: equal within its error
    np.testing.assert_allclose(other.levels_ev[:6], water.levels_ev[:6], atol=5e-3)
    np.testing.assert_allclose(other.population[:4], water.population[:4][:, order], atol=5e-3)


def test_input_is_left_alone_and_answers_repeat(water):
    before = WATER.positions.copy()
    np.testing.assert_array_equal(dft.reference_levels(WATER).levels_ev, water.levels_ev)
    np.testing.assert_array_equal(WATER.positions, before)


@pytest.mark.parametrize("geometry", [WATER, FORMALDEHYDE], ids=["H2O", "CH2O"])
def test_agrees_with_unfitted_pyscf_on_a_fine_grid(geometry):
    from pyscf import dft as pyscf_dft

    field = pyscf_dft.RKS(dft.build_molecule(geometry), xc="PBE")
    field.grids.level = 3
    field.kernel()
    own = dft.reference_levels(geometry)
    kept = slice(own.n_core, own.n_occupied + 1)
    exact = field.mo_energy[kept] * dft.HARTREE_EV
    assert np.sqrt(np.mean((own.levels_ev[kept] - exact) ** 2)) < 5e-3


@pytest.mark.parametrize(("cycles", "solver"), [(150, dft.SHIFTED), (1, dft.SECOND_ORDER)])
def test_unconverged_falls_back_and_says_so(monkeypatch, water, cycles, solver):
    monkeypatch.setattr(fast_scf, "MAX_CYCLES", 2)
    monkeypatch.setattr(dft, "SHIFTED_CYCLES", cycles)
    slow = dft.reference_levels(WATER)
    assert slow.converged
    assert slow.solver == solver
    np.testing.assert_allclose(slow.levels_ev[:6], water.levels_ev[:6], atol=3e-3)
    np.testing.assert_allclose(slow.population[:4], water.population[:4], atol=3e-3)


def test_progress_is_told_every_cycle():
    told = []
    reference = dft.reference_levels(
        Geometry([1, 1], [[0, 0, 0], [0, 0, 0.74]]), progress=lambda cycle, most: told.append((cycle, most))
    )
    assert told == [(k, fast_scf.MAX_CYCLES) for k in range(1, reference.n_cycles + 1)]


@pytest.mark.parametrize(("number", "distance", "n_core"), [(17, 1.28, 5), (35, 1.41, 14), (53, 1.61, 9)])
def test_heavier_halogens(number, distance, n_core):
    """Iodine has 28 of its electrons in an effective core potential: 4s, 4p and 4d are left of its cores."""
    reference = dft.reference_levels(Geometry([number, 1], [[0, 0, 0], [0, 0, distance]]))
    assert reference.converged
    assert reference.n_core == n_core
    valence = reference.levels_ev[n_core : reference.n_occupied]
    assert len(valence) == 4
    assert reference.levels_ev[n_core - 1] < -45 < valence[0]  # a wide gap between core and valence
    assert valence[-1] - valence[-2] < 1e-2  # the two lone pairs of p_x and p_y


BAD = [
    (Geometry([], np.zeros((0, 3))), GeometryError, "at least one atom, got none"),
    (Geometry([34, 1, 1], [[0, 0, 0], [0, 0, 1.46], [0, 1.46, 0]]), DomainError, "found Se"),
    (Geometry([8, 1], [[0, 0, 0], [0, 0, 1.0]]), DomainError, "odd number of electrons"),
    (Geometry([1, 1], [[0, 0, 0], [0, 0, np.nan]]), GeometryError, "atom 2 has"),
    (Geometry([1, 1], [[0, 0, 0], [0, 0, 0.1]]), GeometryError, "atoms 1 and 2 are 0.100"),
    (Geometry([6] * 60, np.arange(180).reshape(60, 3)), DomainError, "at most 900 basis functions, C60 needs 1080"),
]


@pytest.mark.parametrize(("geometry", "error", "message"), BAD)
def test_refuses(geometry, error, message):
    with pytest.raises(error, match=message):
        dft.reference_levels(geometry)


def test_a_large_molecules_integrals_lie_in_a_file(monkeypatch):
    """Blocks of whole auxiliary shells, in memory or in a file, make one Coulomb matrix."""
    molecule = dft.build_molecule(Geometry([8, 1, 1, 6, 1, 1, 1, 1], np.array(METHANE_AND_WATER)))
    density = np.eye(molecule.nao)
    whole = fast_scf.FittedCoulomb(molecule)
    assert len(whole.blocks) == 1
    monkeypatch.setattr(fast_scf, "MAX_IN_MEMORY", 10_000)
    monkeypatch.setattr(fast_scf, "BLOCK_BYTES", 100_000)
    parts = fast_scf.FittedCoulomb(molecule)
    assert len(parts.blocks) > 3
    assert all(isinstance(block, np.memmap) for block in parts.blocks)
    assert sum(block.shape[1] for block in parts.blocks) == whole.blocks[0].shape[1]
    np.testing.assert_allclose(parts.matrix(density), whole.matrix(density), atol=1e-10)


METHANE_AND_WATER = [
    [0, 0, 0.119], [0, 0.763, -0.477], [0, -0.763, -0.477],
    [4, 0, 0], [4.63, 0.63, 0.63], [4.63, -0.63, -0.63], [3.37, 0.63, -0.63], [3.37, -0.63, 0.63],
]  # fmt: skip
