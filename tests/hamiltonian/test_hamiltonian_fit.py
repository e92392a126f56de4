"""Fits: derivatives, planted Hamiltonians, the shipped references and fits, both ways.

Covers `core.hamiltonian.fit`, `core.hamiltonian.residuals`, `core.hamiltonian.least_squares`, `core.hamiltonian.measure`,
`core.hamiltonian.inverse_network`, `core.hamiltonian.environment`, `core.hamiltonian.results`, `core.hamiltonian.reference`,
`core.hamiltonian.ways`, `core.hamiltonian.sheets`.
"""

import numpy as np
import pytest

import eigenscope
from core.errors import InputError
from core.hamiltonian.environment import describe_pairs, fermi_level
from core.hamiltonian.fit import HamiltonianOptions, fit_hamiltonian, start_parameters
from core.hamiltonian.inverse_network import NetworkOptions, invert_bands
from core.hamiltonian.measure import band_errors, defect_atoms, measure
from core.hamiltonian.neighbours import find_neighbours
from core.hamiltonian.parameters import parametrise
from core.hamiltonian.reference import (
    FITTED,
    GRID,
    PATH,
    get_reference,
    load_reference,
    save_reference,
    shipped_references,
)
from core.hamiltonian.residuals import band_residuals, density_residuals, observe
from core.hamiltonian.results import load_fits, save_fits, shipped_environment
from core.hamiltonian.sheets import graphene, make_sheet
from core.hamiltonian.ways import fit_reference


@pytest.mark.parametrize("residuals", [band_residuals, density_residuals])
def test_derivatives_go_through_the_eigenproblem(residuals, plant) -> None:
    """At degenerate states too: the cell's pristine bands cross everywhere."""
    parametrisation = parametrise(make_sheet("pristine", 3), 2, basis="pz")
    truth = parametrisation.hamiltonian(np.array([0.1, -2.7, 0.2]))
    freer = parametrise(make_sheet("585", 4), 1, basis="pz")
    for parameters, map_ in (
        (np.array([0.0, -2.5, 0.1]), parametrisation),
        (np.linspace(-3, 1, freer.n_parameters), freer),
    ):
        target = truth if map_ is parametrisation else freer.hamiltonian(parameters + 0.1)
        observed = observe(map_, plant(target, n_fitted=3), window_ev=(-4.0, 4.0), density_weight=0.3)
        errors, jacobian = residuals(observed, parameters)
        way = np.random.default_rng(0).normal(size=len(parameters))
        ahead, behind = (residuals(observed, parameters + s * 1e-5 * way, jacobian=False)[0] for s in (1, -1))
        assert len(errors) > 10
        np.testing.assert_allclose(
            jacobian @ way, (ahead - behind) / 2e-5, atol=2e-5 * np.abs(jacobian @ way).max() + 1e-8
        )


def test_far_from_all_states_a_density_does_not_change(plant) -> None:
    parametrisation = parametrise(graphene(), 1, basis="pz")
    reference = plant(parametrisation.hamiltonian(np.array([50.0, -2.7])), n_fitted=4)
    observed = observe(parametrisation, reference, window_ev=(-2.0, 2.0), density_weight=0.3)
    errors, jacobian = density_residuals(observed, np.array([50.0, -2.7]))
    assert not errors.any()
    assert not jacobian.any()


def test_a_planted_sparse_hamiltonian_is_recovered_to_one_per_cent(plant) -> None:
    parametrisation = parametrise(make_sheet("585", 4), 1, basis="pz")
    rng = np.random.default_rng(3)
    start = np.where(parametrisation.shells == 1, -2.95, 0.378)
    truth = start + rng.normal(size=len(start)) * 0.15
    reference = plant(parametrisation.hamiltonian(truth), n_fitted=8)
    fit = fit_hamiltonian(reference, HamiltonianOptions(n_shells=1, start="graphene", window_ev=(-20.0, 20.0)))
    assert fit.agreement.held_out_mev < 1
    hoppings = parametrisation.shells == 1
    assert np.abs(fit.parameters / truth - 1)[hoppings].max() < 0.01
    assert np.abs(fit.parameters - truth).max() < 0.03


def test_what_bands_do_not_determine_is_told_by_the_spread_over_starts(plant) -> None:
    parametrisation = parametrise(make_sheet("585", 4), 2, basis="pz")
    start = np.array([0.378, -2.947, 0.236])[parametrisation.shells]
    reference = plant(parametrisation.hamiltonian(start), n_fitted=4)
    options = HamiltonianOptions(n_shells=2, start="graphene", density_weight=0.0, n_starts=3, window_ev=(-0.5, 0.5))
    spread = fit_hamiltonian(reference, options).spread
    assert spread is not None
    assert spread.mean() > 0.02


def test_shipped_references_hold_what_they_say() -> None:
    keys = shipped_references()
    assert {"pristine_1x1", "diamond", "585_5x5", "flower_5x5"} <= set(keys)
    for key in keys:
        reference = get_reference(key)
        assert (np.diff(reference.energies, axis=1) >= -1e-6).all()
        assert len(reference.points(FITTED)) >= 40
        assert reference.n_held_out > 50
        weights = reference.weights[reference.points(FITTED, GRID)]
        np.testing.assert_allclose(weights.sum(axis=-1), 1, atol=0.02)
    pristine = get_reference("pristine_1x1")
    gamma = np.flatnonzero(~pristine.kpts.any(axis=1))[0]
    dirac = np.linalg.norm(pristine.kpts - [1 / 3, 1 / 3, 0], axis=1).argmin()
    assert pristine.energies[gamma, 0] == pytest.approx(-7.62, abs=0.02)
    assert np.abs(pristine.energies[dirac]).max() < 0.01


def test_no_k_point_is_fitted_and_held_out() -> None:
    for key in shipped_references():
        reference = get_reference(key)
        fitted, held = reference.kpts[reference.points(FITTED)], reference.kpts[reference.points(GRID, PATH)]
        for sign in (1, -1):
            apart = fitted[:, None] - sign * held[None]
            assert np.abs(apart - np.rint(apart)).max(axis=-1).min() > 1e-6


@pytest.mark.parametrize("key", ["585_5x5", "flower_5x5", "pristine_1x1"])
def test_ready_fits_reach_what_they_say(key) -> None:
    reference, fits = get_reference(key), load_fits(key).fits
    assert sorted(fits) == list(range(1, 11))
    for n_shells in (5, 10):
        fit = fits[n_shells]
        again = measure(fit.hamiltonian, reference)
        assert again.held_out_mev == pytest.approx(fit.agreement.held_out_mev, rel=0.02)
        assert again.held_out_mev < {5: 5, 10: 1}[n_shells]
        if again.defect_correlation is not None:
            assert again.defect_correlation > 0.95


def test_the_projected_hamiltonian_is_near_without_any_fit() -> None:
    reference = get_reference("585_5x5")
    parametrisation = parametrise(reference.crystal, 10, basis="pz")
    start = parametrisation.hamiltonian(start_parameters(parametrisation, reference, "projected"))
    plain = parametrisation.hamiltonian(start_parameters(parametrisation, reference, "graphene"))
    assert measure(start, reference).held_out_mev < 10
    assert measure(plain, reference).held_out_mev > 100


def test_a_fit_can_be_stopped_and_tells_how_far_it_is() -> None:
    told: list[tuple[int, int]] = []
    fit = fit_hamiltonian(
        get_reference("pristine_1x1"),
        HamiltonianOptions(n_shells=2),
        progress=lambda *n: told.append(n),
        should_cancel=lambda: bool(told),
    )
    assert told == [(1, 2)]
    assert fit.is_cancelled
    assert np.isfinite(fit.agreement.held_out_mev)


def test_a_warm_start_goes_on_from_fewer_neighbours() -> None:
    reference = get_reference("pristine_1x1")
    fewer = fit_hamiltonian(reference, HamiltonianOptions(n_shells=5, density_weight=0.0))
    more = fit_hamiltonian(reference, HamiltonianOptions(n_shells=6, density_weight=0.0), warm=fewer.hamiltonian)
    assert more.losses[-1] <= fewer.losses[-1] + 1e-9


@pytest.mark.parametrize(
    ("options", "match"),
    [
        (HamiltonianOptions(n_shells=0), "1 to 10, got 0"),
        (HamiltonianOptions(window_ev=(1.0, -1.0)), "from a lower to a higher"),
        (HamiltonianOptions(density_weight=-1.0), "must be >= 0"),
        (HamiltonianOptions(start="anywhere"), "must be one of projected"),
        (HamiltonianOptions(window_ev=(30.0, 31.0)), "no energy between 30 and 31 eV"),
    ],
)
def test_options_out_of_range_are_refused(options, match) -> None:
    with pytest.raises(InputError, match=match):
        fit_hamiltonian(get_reference("pristine_1x1"), options)


def test_the_networks_way_finds_pristine_graphene() -> None:
    reference = get_reference("pristine_1x1")
    found = invert_bands(
        reference,
        HamiltonianOptions(n_shells=5, start="graphene", density_weight=0.0),
        NetworkOptions(n_samples=1000, n_epochs=20),
    )
    parametrisation = parametrise(reference.crystal, 5, basis="pz")
    start = parametrisation.hamiltonian(start_parameters(parametrisation, reference, "graphene"))
    assert found.alone.held_out_mev < measure(start, reference).held_out_mev
    assert found.refined.agreement.held_out_mev < 5


def test_surroundings_predict_a_cell_that_was_never_fitted() -> None:
    crystal = get_reference("585_5x5").crystal
    model = shipped_environment(tuple(k for k in shipped_references() if k.startswith("585_5x5")))
    hamiltonian = model.hamiltonian(crystal, 10)
    assert abs(fermi_level(hamiltonian)) < 1e-6
    agreement = measure(hamiltonian, get_reference("585_5x5"))
    assert agreement.held_out_mev < 120
    assert agreement.density_correlation > 0.9


def test_descriptions_do_not_know_where_the_crystal_lies_nor_which_end_is_first() -> None:
    sheet = make_sheet("585", 4)
    pairs = find_neighbours(sheet, 2)
    moved = sheet.moved(sheet.positions + np.array([0.7, -0.4, 0.0]))
    described = describe_pairs(sheet, pairs)
    np.testing.assert_allclose(described, describe_pairs(moved, find_neighbours(moved, 2)), atol=1e-9)
    keys = {k: i for i, k in enumerate(zip(pairs.first, pairs.second, *pairs.cells.T, strict=True))}
    reverse = [keys[k] for k in zip(pairs.second, pairs.first, *-pairs.cells.T, strict=True)]
    np.testing.assert_allclose(described, described[reverse], atol=1e-9)


def test_the_defects_atoms_are_those_of_its_rings() -> None:
    assert len(defect_atoms(graphene())) == 0
    assert len(defect_atoms(get_reference("585_5x5").crystal)) == 14
    assert len(defect_atoms(get_reference("flower_5x5").crystal)) in range(24, 45)


def test_references_and_fits_come_back_from_their_files(tmp_path) -> None:
    reference = get_reference("pristine_1x1")
    save_reference(reference, tmp_path / "a.npz")
    again = load_reference(tmp_path / "a.npz")
    np.testing.assert_array_equal(again.energies, reference.energies)
    assert again.facts == reference.facts
    fit = load_fits("pristine_1x1").fits[5]
    save_fits("pristine_1x1", {5: fit}, tmp_path)
    assert load_fits("pristine_1x1", tmp_path).fits[5].agreement == fit.agreement
    (tmp_path / "b.npz").write_bytes(b"no")
    with pytest.raises(InputError, match=r"b\.npz is no reference"):
        load_reference(tmp_path / "b.npz")
    with pytest.raises(InputError, match="must be one of 555777"):
        get_reference("nothing")
    with pytest.raises(InputError, match="no ready fits of diamond"):
        load_fits("diamond", tmp_path)


def test_energies_beyond_the_window_do_not_count() -> None:
    reference = get_reference("pristine_1x1")
    hamiltonian = load_fits("pristine_1x1").fits[5].hamiltonian
    narrow = band_errors(hamiltonian, reference, GRID, PATH, window_ev=(-0.5, 0.5))
    assert 0 < len(narrow) < len(band_errors(hamiltonian, reference, GRID, PATH))


def test_python_offers_it() -> None:
    fit = eigenscope.hamiltonian("pristine_1x1", n_shells=5)
    assert fit.agreement.held_out_mev < 5
    assert fit_reference(get_reference("pristine_1x1"), HamiltonianOptions(n_shells=1)).agreement.held_out_mev > 100
    with pytest.raises(InputError, match="needs a file of its bands"):
        eigenscope.hamiltonian(object())
