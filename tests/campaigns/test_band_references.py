"""References of bands, from matrices as GPAW's program writes them. Covers `core.campaigns.gpaw_matrices`."""

import json
import sys

import numpy as np
import pytest

from core.campaigns import band_references
from core.campaigns.band_references import (
    Wanted,
    all_wanted,
    count_kpts,
    find_gpaw,
    job_of,
    load_matrices,
    reference_of_matrices,
    relax_crystal,
    wanted_of,
)
from core.campaigns.gpaw_matrices import odd_part
from core.errors import InputError
from core.hamiltonian.kpoints import grid_points
from core.hamiltonian.parameters import parametrise
from core.hamiltonian.sheets import diamond, graphene, make_sheet


@pytest.fixture
def files(tmp_path):
    """A job and the matrices of a known Hamiltonian, at half a grid of k-points, in GPAW's convention."""
    crystal = graphene()
    parameters = np.array([0.3, -2.9, 0.2, -0.25, 0.01])
    truth = parametrise(crystal, 4, basis="pz").hamiltonian(parameters)
    job = tmp_path / "pristine_1x1.json"
    job.write_text(json.dumps(job_of(crystal)))
    kpts, _ = grid_points(crystal, count_kpts(crystal)[0])
    h = truth.bloch(-kpts)  # GPAW counts cells backwards
    matrices = tmp_path / "pristine_1x1.npz"
    s = np.tile(np.eye(2, dtype=complex), (len(kpts), 1, 1))
    np.savez(matrices, kpts=kpts, h=h, s=s, atom=np.arange(2), l=np.ones(2), m=np.zeros(2), fermi_ev=0.1)
    return job, matrices, truth, parameters


def test_bands_at_any_k_are_those_of_the_matrices(files) -> None:
    job, matrices, truth, _ = files
    reference = reference_of_matrices(job, matrices, Wanted("pristine", 1))
    np.testing.assert_allclose(reference.energies + 0.1, truth.bands(reference.kpts), atol=1e-9)
    assert reference.has_weights


def test_the_projection_finds_the_planted_parameters(files) -> None:
    job, matrices, _, parameters = files
    reference = reference_of_matrices(job, matrices, Wanted("pristine", 1))
    expected = np.zeros(11)
    expected[:5] = parameters
    expected[0] -= 0.1
    np.testing.assert_allclose(reference.projected, expected, atol=1e-9)


def test_a_grid_that_is_not_complete_is_refused(files) -> None:
    _, matrices, _, _ = files
    with pytest.raises(InputError, match="must hold 25 k-points, got"):
        load_matrices(matrices, [5, 5, 1])


def test_grids_are_dense_enough_for_what_orbitals_reach() -> None:
    assert count_kpts(make_sheet("585", 5)) == [3, 3, 1]
    assert min(count_kpts(diamond())) >= 8
    assert count_kpts(graphene())[2] == 1


def test_pi_bands_are_the_part_that_is_odd_in_the_mirror() -> None:
    rng = np.random.default_rng(0)
    angular, magnetic = np.array([0, 1, 1, 1, 2, 2]), np.array([0, -1, 0, 1, -1, 2])
    is_odd = np.array([False, False, True, False, True, False])
    h = rng.normal(size=(2, 6, 6)) * (is_odd[:, None] == is_odd)
    found = odd_part({"h": h, "s": h, "atom": np.arange(6), "l": angular, "m": magnetic})
    np.testing.assert_array_equal(found["h"], h[:, is_odd][:, :, is_odd])
    assert found["atom"].tolist() == [2, 4]
    with pytest.raises(SystemExit, match="must not couple"):
        odd_part({"h": h + 1, "s": h, "atom": np.arange(6), "l": angular, "m": magnetic})


def test_without_gpaw_a_sentence_says_what_to_do(monkeypatch) -> None:
    monkeypatch.setattr(band_references, "INTERPRETERS", (sys.executable,))
    with pytest.raises(InputError, match=r"GPAW, which is not in this interpreter.*--python"):
        find_gpaw()
    with pytest.raises(InputError, match="not in no-such-python"):
        find_gpaw("no-such-python")


def test_references_are_named_by_defect_and_size() -> None:
    assert [w.key for w in wanted_of(["585_7x7", "diamond"])] == ["585_7x7", "diamond"]
    assert {"pristine_1x1", "diamond", "flower_5x5", "vacancy_6x6"} <= {w.key for w in all_wanted()}
    assert wanted_of([]) == all_wanted()
    for name in ("585", "585_5", "hole_5x5", "585_5x6"):
        with pytest.raises(InputError, match="DEFECT_NxN"):
            wanted_of([name])


def test_relaxing_keeps_the_symmetry() -> None:
    from core.hamiltonian.symmetry import find_operations

    start = make_sheet("585", 4)
    relaxed = relax_crystal(start)
    assert len(find_operations(relaxed, tolerance=1e-6)) == 4
    assert relaxed.is_planar()
    assert np.abs(relaxed.positions - start.positions).max() > 0.05
