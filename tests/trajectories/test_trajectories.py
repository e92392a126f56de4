"""Trajectories: dynamics, levels of frames, averages, motions.

Covers `core.trajectories.levels`, `core.trajectories.spectra`, `core.trajectories.motions`, `core.trajectories.make`,
`core.trajectories.follow`, `core.trajectories.export`, `core.structure.dynamics`, `core.structure.trajectory`.
"""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm

import eigenscope
from core.assets import MODELS
from core.errors import DomainError, EigenscopeError, GeometryError, InputError
from core.readers.structures import entries_from_text
from core.spectrum.levels import N_BAND
from core.structure.dynamics import DynamicsOptions, run_dynamics
from core.structure.geometry import Geometry
from core.structure.trajectory import MAX_FRAMES, Trajectory, changed_bonds, own_bonds
from core.trajectories.levels import BONDS_CHANGED, TrajectoryLevels, predict_trajectory
from core.trajectories.make import dynamics_seconds, rest_of
from core.trajectories.motions import (
    BEYOND_CHANCE_OF_TWO,
    correlate_motions,
    find_motions,
    independent_frames,
    motion_values,
    torsion_correlation,
    torsions,
)
from core.trajectories.spectra import (
    average_spectrum,
    block_error,
    convergence_of,
    peak_positions,
    peak_windows,
    spectrogram,
)

METHANOL = "CO"
OPTIONS = DynamicsOptions(length_ps=0.04, every_fs=2.0, equilibration_ps=0.02)


@pytest.fixture(scope="module")
def rest() -> Geometry:
    (entry,) = entries_from_text(METHANOL)
    return rest_of(entry)


@pytest.fixture(scope="module")
def moved(rest: Geometry) -> Trajectory:
    return run_dynamics(rest, OPTIONS)


@pytest.fixture(scope="module")
def found(moved: Trajectory, model) -> TrajectoryLevels:
    return predict_trajectory(moved, model)


def rattled(geometry: Geometry, n_frames: int, rng: np.random.Generator, *, by: float = 0.02) -> Trajectory:
    positions = geometry.positions + rng.normal(0, by, (n_frames, geometry.n_atoms, 3))
    return Trajectory(geometry.numbers, positions, static=geometry)


def test_a_dynamics_is_what_was_asked_for(moved: Trajectory, rest: Geometry) -> None:
    assert moved.n_frames == OPTIONS.n_frames == 20
    assert moved.spacing_fs == 2.0
    assert moved.temperature_k == 300.0
    assert "Langevin thermostat at 300 K" in moved.origin
    assert any("equilibration" in note for note in moved.notes)
    assert any("zero-point" in note for note in moved.notes)
    assert moved.at_rest is rest
    centre = (rest.numbers @ rest.positions) / rest.numbers.sum()
    drift = (rest.numbers @ moved.positions[-1]) / rest.numbers.sum() - centre
    assert np.abs(drift).max() < 0.2, "it does not fly away"
    assert np.ptp(moved.positions, axis=0).max() > 0.02, "it moves"


def test_the_same_seed_gives_the_same_frames_and_another_others(rest: Geometry) -> None:
    short = replace(OPTIONS, length_ps=0.01, equilibration_ps=0.0)
    first, second = run_dynamics(rest, short), run_dynamics(rest, short)
    np.testing.assert_array_equal(first.positions, second.positions)
    other = run_dynamics(rest, replace(short, seed=8))
    assert np.abs(other.positions - first.positions).max() > 1e-3


def test_a_cancelled_dynamics_gives_its_frames_and_says_so(rest: Geometry) -> None:
    seen: list[int] = []
    part = run_dynamics(
        rest, OPTIONS, progress=lambda done, total: seen.append(done), should_cancel=lambda: len(seen) > 15
    )
    assert 0 < part.n_frames < OPTIONS.n_frames
    assert any(f"{part.n_frames} of 20 frames" in note for note in part.notes)
    with pytest.raises(GeometryError, match="before its first frame"):
        run_dynamics(rest, OPTIONS, should_cancel=lambda: True)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"temperature_k": 2000.0}, "temperature_k must be 50 to 1000, got 2000"),
        ({"step_fs": 2.0}, "step_fs must be"),
        ({"length_ps": 50.0, "every_fs": 1.0}, "at most 10,000 frames"),
        ({"every_fs": 0.1}, "every_fs must be"),
    ],
)
def test_options_out_of_range_are_refused(options: dict[str, float], words: str) -> None:
    with pytest.raises(EigenscopeError, match=words):
        DynamicsOptions(**options)


def test_time_expected_grows_with_size_and_steps() -> None:
    short, long = DynamicsOptions(length_ps=1.0), DynamicsOptions(length_ps=2.0)
    assert dynamics_seconds(19, short) < dynamics_seconds(19, long) < dynamics_seconds(40, long)


def test_identical_frames_give_the_static_spectrum(rest: Geometry, model) -> None:
    still = Trajectory(rest.numbers, np.tile(rest.positions, (30, 1, 1)), static=rest)
    curve = predict_trajectory(still, model).spectrum(band=False)
    np.testing.assert_allclose(curve.mean, curve.static, atol=1e-4)
    assert curve.spread.max() < 1e-4
    assert curve.error.max() < 1e-4


def test_averages_keep_every_state(found: TrajectoryLevels) -> None:
    curve = found.spectrum(band=False, sigma_ev=0.3, energies_ev=np.arange(-60.0, 10.0, 0.05))
    assert curve.mean.sum() * 0.05 == pytest.approx(found.n_levels, abs=1e-6)
    assert found.spectrum(band=True).mean.sum() * 0.1 < N_BAND + 1e-6
    assert (curve.spread > 0).any()


def test_levels_of_frames_are_those_of_the_geometries_alone(found: TrajectoryLevels, model) -> None:
    (alone,) = model.predict_levels([found.trajectory.geometry(7)])
    np.testing.assert_allclose(found.valence_ev[7], alone.valence_ev, atol=1e-4)
    assert found.level_ev(0)[7] == pytest.approx(alone.homo_ev, abs=1e-4)
    assert found.level_ev(-1)[7] == pytest.approx(alone.lumo_ev, abs=1e-4)
    with pytest.raises(EigenscopeError, match="counted from the HOMO"):
        found.level_ev(99)


def test_a_frame_whose_bond_broke_is_left_out_and_said(rest: Geometry, model, rng: np.random.Generator) -> None:
    frames = rattled(rest, 12, rng)
    positions = frames.positions.copy()
    hydrogen = int(np.flatnonzero(rest.numbers == 1)[0])
    positions[4, hydrogen] += 3.0
    positions[9, 0] = np.nan
    torn = Trajectory(rest.numbers, positions, static=rest)
    assert [k for k, why in enumerate(changed_bonds(torn)) if why] == [4]
    result = predict_trajectory(torn, model)
    assert result.n_used == 10
    table = result.table()
    assert table["status"].tolist().count("ok") == 10
    assert table["reason"][4].startswith(BONDS_CHANGED)
    assert "broke" in table["reason"][4]
    assert table["levels_ev"][4] is None
    assert np.isnan(table["homo_ev"][9])
    assert "1 left out: bonding changed" in result.sentence()


def test_a_first_frame_that_is_stretched_breaks_nothing_later(rest: Geometry, rng: np.random.Generator) -> None:
    frames = replace(rattled(rest, 40, rng), static=None)
    positions = frames.positions.copy()
    carbon, hydrogen = 0, int(np.flatnonzero(rest.numbers == 1)[0])
    positions[0, hydrogen] += 0.2 * (positions[0, hydrogen] - positions[0, carbon])
    stretched = replace(frames, positions=positions)
    assert not any(changed_bonds(stretched))
    assert len(own_bonds(stretched)) == 5


def test_a_trajectory_without_a_good_frame_raises(rest: Geometry, model) -> None:
    torn = rest.positions * 3.0
    with pytest.raises(EigenscopeError, match="no frame of the trajectory has a prediction"):
        predict_trajectory(Trajectory(rest.numbers, torn[None], static=rest), model)


def test_frames_are_checked_and_thinned(rest: Geometry, rng: np.random.Generator) -> None:
    whole = replace(rattled(rest, 20, rng), spacing_fs=2.0)
    part = whole.thinned(skip=5, every=3)
    np.testing.assert_array_equal(part.positions, whole.positions[5::3])
    assert (part.n_left_out, part.spacing_fs) == (5, 6.0)
    gaps = replace(whole, positions=whole.positions[:4], frame_numbers=np.array([1, 2, 4, 5])).thinned(every=2)
    np.testing.assert_allclose(gaps.times_ps, [0, 0.006])
    with pytest.raises(GeometryError, match="skip must be 0 to 19"):
        whole.thinned(skip=20)
    with pytest.raises(GeometryError, match="needs frames of 6 positions"):
        Trajectory(rest.numbers, np.zeros((3, 5, 3)))
    with pytest.raises(GeometryError, match="at most"):
        Trajectory(rest.numbers, np.zeros((MAX_FRAMES + 1, rest.n_atoms, 3)))


def test_a_mean_of_independent_values_has_the_textbook_error(rng: np.random.Generator) -> None:
    values = rng.normal(0, 1, (4096, 50))
    assert np.median(block_error(values)) == pytest.approx(1 / 64, rel=0.5)
    slow = np.repeat(values[:512], 8, axis=0)  # each value eight times: 512 independent ones
    assert np.median(block_error(slow)) == pytest.approx(1 / np.sqrt(512), rel=0.6)
    assert np.isnan(block_error(values[:5])).all()


def test_convergence_ends_at_the_whole_average(rng: np.random.Generator) -> None:
    settled = convergence_of(np.array([-12.0, -8.0]) + rng.normal(0, 0.2, (400, 2)))
    assert settled.n_frames[-1] == 400
    assert settled.rse[-1] == 0
    assert settled.rse[0] > settled.rse[-5]
    assert settled.rse_error[-1] < settled.rse_error[15]


def test_a_spectrogram_holds_the_average(rng: np.random.Generator) -> None:
    levels = np.array([-12.0, -8.0]) + rng.normal(0, 0.2, (1000, 2))
    times, densities = spectrogram(levels, np.arange(1000.0))
    assert densities.shape == (400, 300)
    assert (np.diff(times) > 0).all()
    mean = average_spectrum(levels, levels[0]).mean
    counts = [len(g) for g in np.array_split(np.arange(1000), 400)]
    np.testing.assert_allclose(np.average(densities, axis=0, weights=counts), mean, atol=1e-12)


def test_peaks_are_found_and_followed() -> None:
    grid = np.arange(-16.0, -4.0, 0.05)
    density = norm.pdf(grid, -12, 0.4) + norm.pdf(grid, -7, 0.4)
    (first, second) = peak_windows(grid, density)
    assert first[1] == pytest.approx(-7, abs=0.06)
    assert second[0] < -12 < second[2] <= first[0]
    levels = np.array([[-12.0, -7.2], [-12.0, -6.8]])
    places = peak_positions(levels, first[::2], sigma_ev=0.4)
    np.testing.assert_allclose(places, [-7.2, -6.8], atol=0.02)


def test_motions_are_every_bond_and_angle_and_a_torsion_a_bond(rest: Geometry) -> None:
    motions = find_motions(Trajectory(rest.numbers, rest.positions[None]))
    assert [sum(m.kind == kind for m in motions) for kind in ("bond", "angle", "torsion")] == [5, 7, 1]
    (torsion,) = [m for m in motions if m.kind == "torsion"]
    assert {rest.symbols[k] for k in torsion.atoms[1:3]} == {"C", "O"}


def test_a_torsion_has_the_sign_of_rdkit(rest: Geometry) -> None:
    from rdkit import Chem
    from rdkit.Chem import AllChem, rdMolTransforms

    mol = Chem.AddHs(Chem.MolFromSmiles("CCCO"))
    AllChem.EmbedMolecule(mol, randomSeed=3)
    positions = mol.GetConformer().GetPositions()[None]
    expected = rdMolTransforms.GetDihedralRad(mol.GetConformer(), 0, 1, 2, 3)
    assert torsions(positions, (0, 1, 2, 3))[0] == pytest.approx(expected, abs=1e-6)


def test_the_motion_that_moves_a_level_comes_first(rest: Geometry, rng: np.random.Generator) -> None:
    whole = rattled(rest, 200, rng)
    (bond,) = [m for m in find_motions(whole) if m.name == "C1–O2"]
    lengths = motion_values(whole, bond)
    energies = -7.0 - 3.0 * lengths + rng.normal(0, 0.01, 200)
    table = correlate_motions(whole, energies, frames=np.arange(200))
    assert table["motion"][0] == "C1–O2"
    assert table["slope_ev"][0] == pytest.approx(-3.0, rel=0.05)
    assert table["correlation"][0] < -0.95
    assert table["beyond_chance"][0]
    noise = correlate_motions(whole, rng.normal(0, 1, 200), frames=np.arange(200))
    assert noise["beyond_chance"].mean() < 0.3
    with pytest.raises(EigenscopeError, match="at least 10 frames"):
        correlate_motions(whole, energies[:5], frames=np.arange(5))


def test_slow_series_are_worth_fewer_frames(rng: np.random.Generator) -> None:
    fast = rng.normal(0, 1, 1000)
    slow = np.convolve(rng.normal(0, 1, 1049), np.ones(50), mode="valid")
    assert independent_frames(fast, rng.normal(0, 1, 1000)) > 500
    assert independent_frames(slow, slow) < 100


def test_one_call_follows_a_molecule_or_frames(moved: Trajectory) -> None:
    from ase import Atoms

    frames = [Atoms(moved.numbers, p) for p in moved.positions[:12]]
    result = eigenscope.trajectory(frames, spacing_fs=2.0, skip=2)
    assert (result.n_used, result.trajectory.n_left_out) == (10, 2)
    assert result.motions()["motion"].notna().all()
    short = eigenscope.DynamicsOptions(length_ps=0.01, every_fs=5.0, equilibration_ps=0.0)
    assert eigenscope.trajectory("O water", dynamics=short).n_used == 2
    with pytest.raises(EigenscopeError, match="frame 2 has no geometry"):
        eigenscope.trajectory([frames[0], "CO"])
    with pytest.raises(DomainError, match="total charge"):
        eigenscope.trajectory("C[NH3+]", dynamics=short)


def test_frames_keep_their_numbers_and_times_when_others_are_left_out(moved: Trajectory) -> None:
    from ase import Atoms

    frames = [Atoms(moved.numbers, p) for p in moved.positions[:8]]
    frames[3] = Atoms(moved.numbers, np.zeros_like(moved.positions[0]))
    found = eigenscope.trajectory(frames, spacing_fs=2.0)
    assert found.table()["frame"].tolist() == [1, 2, 3, 5, 6, 7, 8]
    np.testing.assert_allclose(found.table()["time_ps"], [0, 0.002, 0.004, 0.008, 0.010, 0.012, 0.014])
    assert found.trajectory.notes[0].startswith("1 broken frames are left out, the first: frame 4: ")
    thin = eigenscope.trajectory(moved, skip=1, every=3)
    assert thin.table()["frame"].tolist() == list(range(2, moved.n_frames + 1, 3))
    with pytest.raises(GeometryError, match="each of 2 frames needs its number"):
        Trajectory(moved.numbers, moved.positions[:2], frame_numbers=np.arange(3))


def test_a_torsion_goes_with_noise_no_oftener_than_one_time_in_twenty(rng) -> None:
    n, bound = 200, BEYOND_CHANCE_OF_TWO / np.sqrt(200)
    drawn = [torsion_correlation(rng.uniform(-180, 180, n), rng.normal(size=n))[0] for _ in range(600)]
    assert 0.02 < np.mean(np.array(drawn) > bound) < 0.08


def test_a_molecule_without_bonds_moves_in_no_way_and_a_level_that_is_not_known_moves_nowhere(rng) -> None:
    helium = Geometry([2], [[0.0, 0.0, 0.0]])
    frames = Trajectory(helium.numbers, np.zeros((12, 1, 3)), static=helium)
    none = correlate_motions(frames, rng.normal(size=12), frames=np.arange(12))
    assert len(none) == 0
    assert "explained" in none
    with pytest.raises(EigenscopeError, match="no LUMO"):
        correlate_motions(frames, np.full(12, np.nan), frames=np.arange(12))


def test_a_learner_is_named_by_its_folder_and_time_goes_forward(rest: Geometry) -> None:
    assert eigenscope.trajectory([rest] * 3, MODELS / "tight_binding").n_used == 3
    with pytest.raises(InputError, match="must be > 0"):
        eigenscope.trajectory([rest] * 3, spacing_fs=0.0)
