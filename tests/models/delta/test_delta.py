"""Levels brought to another level of theory: what describes them, the process, the learner.

Covers `core.models.delta.inputs`, `process`, `learner` and `recipe`.
"""

import numpy as np
import pytest
from scipy.stats import ortho_group

from core.assets import REFERENCE
from core.errors import ModelError
from core.labels.label_set import load_labels
from core.models.delta.inputs import LevelInputs, describe_levels, join_inputs, polarisation_ev, self_repulsion_ev
from core.models.delta.learner import PROCESS_FILE, AboutBase, DeltaLevels, load_process, save_process
from core.models.delta.process import Kernel, fit_process
from core.models.delta.recipe import IONISATION_LABELS, fit_correction, level_pairs
from core.models.protocol import ExplainedLevels
from core.models.registry import load_learner, load_model
from core.spectrum.levels import Levels
from core.structure.embed import embed_geometry
from core.structure.geometry import Geometry
from core.structure.molecule import parse_smiles
from core.units import COULOMB_EV_ANGSTROM


@pytest.fixture(scope="module")
def base():
    return load_model(device="cpu")


@pytest.fixture(scope="module")
def labels():
    return load_labels(IONISATION_LABELS)


@pytest.fixture(scope="module")
def learner():
    return load_learner("ionisation", device="cpu")


def planted_inputs(rng, *, n_molecules=40, n_levels=12):
    """Return levels of molecules that do not exist."""
    energies = rng.uniform(-18, -6, (n_molecules, n_levels))
    described = rng.normal(size=(n_molecules, n_levels, 5))
    features = rng.normal(size=(n_molecules, n_levels, 20))
    return join_inputs(
        [LevelInputs(*parts, np.zeros(n_levels, int)) for parts in zip(energies, described, features, strict=True)]
    )


def test_a_hole_on_one_atom_repels_itself_as_a_charge_of_that_width():
    atom = Geometry([6, 1], [[0, 0, 0], [0, 0, 1000.0]])
    weights = np.array([[1.0, 0.0], [0.5, 0.5]])
    one, two = self_repulsion_ev(atom, weights)
    assert one == pytest.approx(COULOMB_EV_ANGSTROM)
    assert two == pytest.approx(one / 2, abs=0.01), "half the charge twice, far away from each other"


def test_a_hole_is_screened_by_what_is_near():
    far, near = (Geometry([6, 17], [[0, 0, 0], [0, 0, z]]) for z in (8.0, 2.0))
    on_carbon = np.array([[1.0, 0.0]])
    assert polarisation_ev(near, on_carbon)[0] > 20 * polarisation_ev(far, on_carbon)[0] > 0


def test_what_describes_a_level_follows_the_molecule(base, rng):
    geometry = embed_geometry(parse_smiles("CC(=O)c1ccccc1"))
    turn, order = ortho_group.rvs(3, random_state=rng), rng.permutation(geometry.n_atoms)
    moved = Geometry(geometry.numbers[order], geometry.positions[order] @ turn + 5)
    one, other = (describe_levels(x) for x in base.explain_levels([geometry, moved]))
    np.testing.assert_allclose(other.described, one.described, atol=1e-3)
    np.testing.assert_allclose(other.features, one.features, atol=1e-3)


def test_degenerate_levels_are_described_alike(base):
    """Of degenerate orbitals any mixture is as good: three of methane's four levels are one."""
    [explained] = base.explain_levels([embed_geometry(parse_smiles("C"))])
    described = describe_levels(explained).described
    np.testing.assert_allclose(described[1:], described[1:].mean(0)[None].repeat(3, 0), atol=0.02)
    assert np.abs(described[0] - described[1]).max() > 0.1


def test_levels_without_weights_are_refused():
    bare = ExplainedLevels(Geometry([1, 1], [[0, 0, 0], [0, 0, 0.74]]), Levels([-10.0], 1.0), np.zeros((2, 3)))
    with pytest.raises(ValueError, match="weights"):
        describe_levels(bare)


def test_a_planted_correction_is_found_and_its_error_is_true(rng):
    def planted(inputs):
        truth = 1.1 * inputs.energies_ev - 3 + 0.3 * inputs.described[:, 0] + 0.2 * np.tanh(inputs.described[:, 1])
        return truth + rng.normal(0, 0.05, len(inputs))

    known, unseen = planted_inputs(rng), planted_inputs(rng)
    levels, errors = fit_process(known, planted(known))(unseen)
    off = levels - planted(unseen)
    assert np.abs(off).mean() < 0.08
    assert 0.8 < (np.abs(off) < 1.645 * errors).mean() < 0.97
    outside = LevelInputs(unseen.energies_ev, unseen.described + 20, unseen.features, unseen.molecules)
    assert fit_process(known, planted(known))(outside)[1].min() > errors.max(), (
        "beyond what is known it is less certain"
    )


def test_an_element_never_met_makes_the_answer_uncertain(rng):
    known = planted_inputs(rng)
    known.described[:, 3] = 0.0  # its share
    met = known.select(np.arange(10))
    new = LevelInputs(met.energies_ev, met.described.copy(), met.features, met.molecules)
    new.described[:, 3] = 0.8
    process = fit_process(known, 1.1 * known.energies_ev + 0.1 * known.described[:, 0])
    assert process(new)[1].min() > 1.5 * process(met)[1].max()


def test_a_process_comes_back_from_its_file(tmp_path, rng):
    known = planted_inputs(rng, n_molecules=8)
    process, about = (
        fit_process(known, known.energies_ev - 3 + 0.1 * known.described[:, 0]),
        AboutBase("tight_binding", "0" * 64, 0.03, -20.0),
    )
    save_process(process, tmp_path / PROCESS_FILE, about=about)
    again, told = load_process(tmp_path / PROCESS_FILE)
    assert told == about
    (levels, errors), (levels_again, errors_again) = process(known), again(known)
    np.testing.assert_allclose(levels_again, levels, rtol=1e-12)
    np.testing.assert_allclose(errors_again, errors, atol=1e-3)  # of what single precision keeps of them
    (tmp_path / PROCESS_FILE).write_bytes(b"no process")
    with pytest.raises(ModelError, match="holds no correction"):
        load_process(tmp_path / PROCESS_FILE)


def test_variance_is_the_kernel_at_no_distance(rng):
    points, kernel = rng.normal(size=(7, 4)), Kernel(0.2, 3.0, 0.1, 0.01)
    np.testing.assert_allclose(np.diag(kernel(points, points)), kernel.variance(points))


def test_levels_are_paired_by_orbital_not_by_place(base, labels):
    one = labels.select(np.arange(len(labels)) == 0)
    inputs, levels = level_pairs(base, one)
    overlap = np.asarray(one.table["overlap"].iloc[0]).reshape(len(one.levels()[0].valence_ev), -1)
    own = base.explain_levels(one.geometries())[0].levels.valence_ev
    known = np.isfinite(one.levels()[0].valence_ev)
    np.testing.assert_allclose(inputs.energies_ev, own[overlap.argmax(1)][known])
    np.testing.assert_array_equal(levels, one.levels()[0].valence_ev[known])


def test_a_correction_beats_the_line_on_molecules_left_out(base, labels):
    """The best straight line through all levels is the yardstick."""
    train, test = labels.split("train"), labels.split("test")
    process, about = fit_correction(base, train)
    assert about.base == base.key
    assert 0 < about.base_error_ev < 0.2
    inputs, levels = level_pairs(base, test)
    outer = levels > -18
    off = np.abs(process(inputs)[0] - levels)[outer].mean()
    of_line = np.abs(np.polyval(process.line, inputs.energies_ev) - levels)[outer].mean()
    assert off < 0.75 * of_line


def test_ionisation_energies_of_molecules_that_everyone_knows(learner):
    """First vertical ionisation energies [eV], NIST: to the level of theory's own 0.3 eV."""
    measured = {"C=C": 10.68, "c1ccccc1": 9.24, "CC(C)=O": 9.80, "CCO": 10.64, "c1ccoc1": 8.9, "C1CCCCC1": 10.3}
    geometries = [embed_geometry(parse_smiles(s)) for s in measured]
    for levels, energy in zip(learner.predict_levels(geometries), measured.values(), strict=True):
        assert -levels.homo_ev == pytest.approx(energy, abs=0.5)
        assert np.isnan(levels.lumo_ev)


def test_weights_go_with_their_levels(learner, base):
    geometry = embed_geometry(parse_smiles("N#Cc1ccc(O)cc1"))
    [own], [levels] = (x.predict_levels([geometry], weights=True) for x in (base, learner))
    np.testing.assert_allclose(np.sort(levels.atom_weights.ravel()), np.sort(own.atom_weights.ravel()), atol=1e-5)
    assert (levels.s_weights <= levels.atom_weights + 1e-9).all()


def test_what_the_base_is_unsure_of_stays_unsure(learner):
    known, strange = (embed_geometry(parse_smiles(s)) for s in ("CCC(C)=O", "BrC(Br)=C=C(Br)Br"))
    one, other = learner.predict_levels([known, strange])
    assert other.expected_rmse_ev > one.expected_rmse_ev
    assert learner.familiarity(known).verdict == learner.base.familiarity(known).verdict


def test_the_labels_are_the_product_s_own():
    assert IONISATION_LABELS.parent == REFERENCE
    assert isinstance(load_learner("ionisation", device="cpu"), DeltaLevels)
