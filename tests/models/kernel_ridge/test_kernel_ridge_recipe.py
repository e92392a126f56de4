from functools import partial

import numpy as np
import pytest

from core.assets import QM9_PBE
from core.errors import InputError
from core.features.coulomb_matrix import MATRIX_LIMIT
from core.labels.label_set import load_labels, training_split
from core.models.fitting.recipe import TrainOptions
from core.models.kernel_ridge import search as search_module
from core.models.kernel_ridge.kernel import (
    COULOMB_MATRIX,
    GAUSSIAN,
    KERNEL_FILE,
    LAPLACIAN,
    MBTR,
    KernelRidge,
    pair_distances,
)
from core.models.kernel_ridge.learner import KernelRidgeLevels
from core.models.kernel_ridge.recipe import fit_kernel_ridge, homo_figures, settings_for
from core.models.kernel_ridge.search import (
    ALPHAS,
    N_TRIALS,
    Trial,
    choose,
    cross_validate,
    fit_trial,
    trained_rmse,
)


@pytest.fixture(scope="module")
def parts():
    train, valid = training_split(load_labels(QM9_PBE), valid_fraction=0.08, seed=1)
    return train.select(np.arange(len(train)) < 80), valid.select(np.arange(len(valid)) < 40)


@pytest.fixture(scope="module", params=[COULOMB_MATRIX, MBTR])
def trained(request, parts, tmp_path_factory):
    """Return a learner of 80 molecules: its folder, what the recipe handed back and what it reported."""
    folder = tmp_path_factory.mktemp(request.param)
    reported = []
    fitted = fit_kernel_ridge(
        *parts,
        out=folder,
        work=folder / "work",
        options=TrainOptions(),
        report=reported.append,
        representation=request.param,
    )
    return folder, fitted, reported


def test_history_holds_every_trial_and_the_best_was_taken(trained):
    folder, fitted, reported = trained
    trials = [r for r in fitted.history if r["stage"] == "search"]
    assert len(trials) == 2 * N_TRIALS
    assert len({(t["kernel"], t["width"], t["alpha"]) for t in trials}) == len(trials)
    best, best_homo = (min(trials, key=lambda t: t[name]) for name in ("rmse_ev", "homo_mae_ev"))
    for fit, trial in zip(KernelRidge.load(folder / KERNEL_FILE).fits.values(), (best, best_homo), strict=True):
        assert (fit.kernel, fit.width, fit.alpha) == (trial["kernel"], trial["width"], trial["alpha"])
    assert [r["epoch"] for r in reported] == [*range(1, 2 * N_TRIALS + 1), 1]
    assert {"stage", "epoch", "epochs", "seconds"} <= set(reported[0])
    assert not {"loss", "loss_ev"} & set(reported[0]), "there is no loss curve to draw"
    assert f"{best['rmse_ev']:.3f} eV" in fitted.architecture


def test_what_is_learnt_holds_beyond_the_training(trained, parts):
    """Better than the mean of the training bands, and the cross-validated error is what comes out."""
    folder, fitted, _ = trained
    train, valid = parts
    learner = KernelRidgeLevels(folder)
    valid = valid.select([levels.has_band for levels in valid.levels()])
    truth = np.array([levels.band_ev for levels in valid.levels()])
    mean = np.mean([levels.band_ev for levels in train.levels() if levels.has_band], axis=0)
    predicted = np.array([levels.band_ev for levels in learner.predict_levels(valid.geometries())])
    error = np.sqrt(np.mean((predicted - truth) ** 2))
    assert error < 0.8 * np.sqrt(np.mean((mean - truth) ** 2))
    expected = min(r["rmse_ev"] for r in fitted.history if r["stage"] == "search")
    assert error == pytest.approx(expected, rel=0.35)


def test_parameters_and_limits_are_told(trained):
    folder, fitted, _ = trained
    ridge = KernelRidge.load(folder / KERNEL_FILE)
    assert fitted.n_parameters == 17 * len(ridge.training) + 17
    assert (MATRIX_LIMIT in fitted.limits) == (ridge.space.representation == COULOMB_MATRIX)


def test_features_are_computed_once(trained, parts, monkeypatch, tmp_path):
    """A second training of the same learner finds them in the folder that is shared."""
    folder, _, _ = trained
    representation = KernelRidge.load(folder / KERNEL_FILE).space.representation

    def refuse(self, geometries):
        assert not geometries, "computed again"

    monkeypatch.setattr(
        f"core.models.kernel_ridge.kernel.{'ManyBodyTensor' if representation == MBTR else 'SortedCoulombMatrix'}.__call__",
        refuse,
    )
    fitted = fit_kernel_ridge(
        *parts,
        out=tmp_path,
        work=tmp_path / "work",
        options=TrainOptions(shared=folder / "work"),
        report=lambda record: None,
        representation=representation,
    )
    again, before = KernelRidge.load(tmp_path / KERNEL_FILE), KernelRidge.load(folder / KERNEL_FILE)
    np.testing.assert_array_equal(again.band.dual, before.band.dual)
    assert fitted.n_parameters


def test_homo_figures_are_of_the_fit_to_the_homo(trained, parts):
    folder, _, _ = trained
    labels = parts[1].select(np.arange(len(parts[1])) < 40)
    labels.table["split"] = "test"
    learner = KernelRidgeLevels(folder)
    figures = homo_figures(learner, labels)
    within = labels.select([levels.has_band for levels in labels.levels()])
    assert sum(kind["n"] for kind in figures.values()) == len(within)
    wanted = np.abs(learner.predict_homo(within.geometries()) - [x.homo_ev for x in within.levels()]).mean()
    got = sum(kind["n"] * kind["homo_mae_ev"] for kind in figures.values()) / len(within)
    assert got == pytest.approx(wanted)


def test_each_molecule_is_predicted_from_the_others(rng):
    """On noise nothing can be learnt: the cross-validated error is the noise's, whatever the training error."""
    vectors, noise = rng.normal(0, 1, (60, 5)), rng.normal(0, 1, (60, 16))
    trials = list(cross_validate(vectors, noise, np.arange(60), kernels=[GAUSSIAN, LAPLACIAN]))
    assert min(t.rmse_ev for t in trials) > 0.9
    assert trials == list(cross_validate(vectors, noise, np.arange(60), kernels=[GAUSSIAN, LAPLACIAN]))


def test_conformers_are_left_out_together(rng):
    """A second conformer with the same noise would give it away, if it were trained on while the first is left out."""
    vectors, noise = np.repeat(rng.normal(0, 1, (30, 5)), 2, axis=0), np.repeat(rng.normal(0, 1, (30, 16)), 2, axis=0)
    together = cross_validate(vectors, noise, np.repeat(np.arange(30), 2), kernels=[GAUSSIAN])
    apart = cross_validate(vectors, noise, np.arange(60), kernels=[GAUSSIAN])
    assert min(t.rmse_ev for t in together) > 0.9
    assert min(t.rmse_ev for t in apart) < 0.5


def test_width_and_alpha_are_chosen_on_more_molecules_than_the_kernel(rng, monkeypatch):
    monkeypatch.setattr(search_module, "N_SEARCH", 40)
    monkeypatch.setattr(search_module, "N_REFINE", 70)
    vectors = rng.normal(0, 1, (100, 3))
    targets = np.sin(vectors @ rng.normal(0, 1, (3, 16)))
    told = []
    best, best_homo = choose(
        vectors,
        targets,
        np.arange(100),
        seed=1,
        report_trial=lambda stage, k, n, trial: told.append((stage, k, n, trial)),
    )
    search, refine = ([t for t in told if t[0] == stage] for stage in ("search", "refine"))
    assert len(search) == 2 * N_TRIALS
    assert {t[3]["n_molecules"] for t in search} == {40}
    assert {t[3]["n_molecules"] for t in refine} == {70}
    kernels = {min((t[3] for t in search), key=lambda t: t[name])["kernel"] for name in ("rmse_ev", "homo_mae_ev")}
    assert {t[3]["kernel"] for t in refine} == kernels
    assert len(refine) == len(kernels) * N_TRIALS
    assert all(k <= n for _, k, n, _ in told)
    assert best.rmse_ev == min(t[3]["rmse_ev"] for t in refine)
    assert best_homo.homo_mae_ev == min(t[3]["homo_mae_ev"] for t in refine)


def test_regularisation_next_to_nothing_memorises_noise(rng):
    vectors, noise = rng.normal(0, 1, (100, 5)), rng.normal(0, 1, (100, 16))
    loose = Trial(100, "gaussian", 1.0, min(ALPHAS), 0.0, 0.0)
    assert trained_rmse(fit_trial(loose, pair_distances(GAUSSIAN, vectors, vectors), noise), noise) < 0.01


def test_training_error_is_what_regularisation_leaves(rng):
    vectors, targets = rng.normal(0, 1, (50, 4)), rng.normal(0, 1, (50, 3))
    fit = fit_trial(Trial(50, LAPLACIAN, 2.0, 0.5, 0.0, 0.0), pair_distances(LAPLACIAN, vectors, vectors), targets)
    measured = np.sqrt(np.mean((fit(vectors, vectors) - targets) ** 2))
    assert trained_rmse(fit, targets) == pytest.approx(measured, rel=1e-4)


def test_room_is_made_for_what_there_is(geometries):
    assert settings_for(COULOMB_MATRIX, geometries[:8]) == {"n_atoms": 29}
    assert settings_for(COULOMB_MATRIX, geometries) == {"n_atoms": 60}
    assert settings_for(MBTR, geometries) == {"elements": ["H", "C", "N", "O", "F"]}


def test_too_few_molecules_to_leave_some_out(parts, tmp_path):
    few = parts[0].select(np.arange(len(parts[0])) < 9)
    with pytest.raises(InputError, match="at least 10 molecules with a band, got 9"):
        partial(fit_kernel_ridge, representation=COULOMB_MATRIX)(
            few, parts[1], out=tmp_path, work=tmp_path, options=TrainOptions(), report=lambda record: None
        )
