"""Train kernel ridge regression on the Coulomb matrix or on the many-body tensor representation."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.decomposition import PCA
from sklearn.model_selection import GroupKFold

from core.elements import COVERED_SYMBOLS
from core.errors import InputError
from core.features.coulomb_matrix import QM9_ATOMS, QM9_HEAVY_ATOMS, heavy_limit
from core.features.memory import remembered_features
from core.labels.label_set import LabelSet
from core.labels.splits import molecule_keys
from core.machine.progress import Report
from core.models.direct.recipe import MATRIX_LIMIT
from core.models.fitting.recipe import Fitted, Recipe, TrainOptions
from core.models.kernel_ridge.kernel import (
    COULOMB_MATRIX,
    GAUSSIAN,
    LAPLACIAN,
    MBTR,
    WEIGHTS,
    FeatureSpace,
    KernelFit,
    KernelRidge,
    kernel_of,
    pair_distances,
    round_vectors,
    solve_dual,
)
from core.models.kernel_ridge.learner import KernelRidgeLevels
from core.models.protocol import answerable
from core.spectrum.levels import N_BAND
from core.structure.geometry import Geometry
from core.structure.molecule import MAX_ATOMS

N_SEARCH = 1500  # training molecules at most for choosing the kernel, so that it takes a minute
N_REFINE = 6000  # for its width and alpha, which go down as molecules are added: five minutes
N_FOLDS = 5
WIDTHS = (0.5, 1.0, 2.0, 4.0, 8.0)  # in median distances between training molecules
ALPHAS = (1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0)
N_TRIALS = len(WIDTHS) * len(ALPHAS)  # of a kernel
N_COMPONENTS = 300  # of the many-body tensor: as accurate as all 2,935 features to 0.002 eV, and a tenth to store
SOURCES = {
    COULOMB_MATRIX: "upper triangle of the Coulomb matrix (atomic units), rows sorted by norm",
    MBTR: "many-body tensor representation (atomic numbers, inverse distances, cosines of angles; DScribe)",
}


@dataclass(frozen=True)
class Trial:
    """One choice of hyperparameters, and its errors on left-out ones of so many training molecules."""

    n_molecules: int
    kernel: str
    width: float
    alpha: float
    rmse_ev: float
    homo_mae_ev: float


def fit_kernel_ridge(
    train: LabelSet,
    valid: LabelSet,
    *,
    out: Path,
    work: Path,
    options: TrainOptions,
    report: Report,
    representation: str,
) -> Fitted:
    """See `core.models.fitting.recipe.Fit`; `representation` is COULOMB_MATRIX or MBTR.

    Features are kept in `options.shared` or `work`. The validation part is not used: the search is a cross-validation.

    Raises
    ------
    InputError
        If there are too few molecules to leave some out.
    """
    start = time.perf_counter()
    train = with_band(train)
    molecules, distinct = pd.factorize(np.array(molecule_keys(train.table), object))
    if len(distinct) < 2 * N_FOLDS:
        raise InputError(
            f"kernel ridge regression needs at least {2 * N_FOLDS} molecules with a band, got {len(distinct)}"
        )
    geometries, bands = train.geometries(), np.array([x.band_ev for x in train.levels()])
    space = FeatureSpace(representation, settings_for(representation, [*geometries, *valid.geometries()]))
    features = remembered_features(space.featurizer, geometries, (options.shared or work) / f"{representation}.npz")
    if representation == MBTR:
        space = principal_components(space, features, seed=options.seed)
    vectors = round_vectors(space.project(features))
    del features

    history: list[dict] = []

    def tell(stage: str, epoch: int, epochs: int, record: dict) -> None:
        nonlocal start
        now = time.perf_counter()
        history.append({"stage": stage, "epoch": epoch, **record, "seconds": now - start})
        report({"epochs": epochs, **history[-1]})
        start = now

    best, best_homo = choose(vectors, bands, molecules, seed=options.seed, tell=tell)
    # of 23,000 molecules 4 GB, and minutes of a Laplacian kernel: both fits share them where they can
    distances = pair_distances(best.kernel, vectors, vectors)
    band = fit_trial(best, distances, bands)
    if best_homo.kernel != best.kernel:
        distances = pair_distances(best_homo.kernel, vectors, vectors)
    homo = band.of_output(-1) if best_homo == best else fit_trial(best_homo, distances, bands[:, -1:])
    del distances
    ridge = KernelRidge(
        space,
        vectors,
        band,
        homo,
        elements=elements_for(geometries),
        n_heavy=heavy_limit(geometries) if representation == COULOMB_MATRIX else None,
    )
    ridge.save(out / WEIGHTS)
    tell("fit", 1, 1, {"train_rmse_ev": trained_rmse(ridge.band, bands)})
    return Fitted(
        architecture=describe_ridge(ridge, best=best, best_homo=best_homo),
        n_parameters=sum(fit.dual.size + fit.offset.size for fit in ridge.fits.values()),
        history=history,
        limits=limits_of(ridge),
    )


def with_band(labels: LabelSet) -> LabelSet:
    """Return the rows whose molecules have a band."""
    return labels.select([levels.has_band for levels in labels.levels()])


def settings_for(representation: str, geometries: Sequence[Geometry]) -> dict:
    """Return what the featurizer is made with: room for QM9's molecules, and for larger or other ones where there are any."""
    if representation == COULOMB_MATRIX:
        largest = max(g.n_atoms for g in geometries)
        return {"n_atoms": QM9_ATOMS if largest <= QM9_ATOMS else max(largest, MAX_ATOMS)}
    return {"elements": [*elements_for(geometries)]}


def elements_for(geometries: Sequence[Geometry]) -> tuple[str, ...]:
    """Return QM9's elements, and others where there are any."""
    there = {symbol for g in geometries for symbol in g.symbols}
    return (*COVERED_SYMBOLS, *sorted(there - set(COVERED_SYMBOLS)))


def principal_components(space: FeatureSpace, features: np.ndarray, *, seed: int) -> FeatureSpace:
    """Return the space of the training molecules' first N_COMPONENTS principal components."""
    found = PCA(min(N_COMPONENTS, len(features) - 1), random_state=seed).fit(features)
    axes = found.components_.T.astype(np.float16).astype(np.float32)  # as they are stored
    return FeatureSpace(space.representation, space.settings, found.mean_.astype(np.float32), axes)


def choose(
    vectors: np.ndarray,
    bands: np.ndarray,
    molecules: np.ndarray,
    *,
    seed: int,
    tell: Callable[[str, int, int, dict], None],
) -> tuple[Trial, Trial]:
    """Return the best trial for the band and for the HOMO: the kernel on N_SEARCH rows, then the others on N_REFINE.

    Parameters as `cross_validate`; `tell` gets the stage, the number of the trial and of all, and the trial.
    """
    order = np.random.default_rng(seed).permutation(len(vectors))
    kernels: Sequence[str] = (GAUSSIAN, LAPLACIAN)
    stages = {"search": order[:N_SEARCH]} | ({"refine": order[:N_REFINE]} if len(order) > N_SEARCH else {})
    for stage, some in stages.items():
        trials: list[Trial] = []
        for trial in cross_validate(vectors[some], bands[some], molecules[some], kernels=kernels):
            trials.append(trial)
            tell(stage, len(trials), len(kernels) * N_TRIALS, vars(trial))
        best, best_homo = min(trials, key=lambda t: t.rmse_ev), min(trials, key=lambda t: t.homo_mae_ev)
        kernels = list(dict.fromkeys([best.kernel, best_homo.kernel]))
    return best, best_homo


def cross_validate(
    vectors: np.ndarray, bands: np.ndarray, molecules: np.ndarray, *, kernels: Sequence[str]
) -> Iterator[Trial]:
    """Try every width and alpha of some kernels.

    Parameters
    ----------
    vectors : (n_training, n_components)
    bands : (n_training, 16) [eV]
    molecules : (n_training,) int
        Which molecule a row is of: all its conformers are left out together.

    Yields
    ------
    Trial
        Errors over all rows, each predicted by the fit that it was left out of.
    """
    folds = list(GroupKFold(N_FOLDS).split(vectors, groups=molecules))
    truth = np.concatenate([bands[left_out] for _, left_out in folds])
    for kernel in kernels:
        distances = pair_distances(kernel, vectors, vectors)
        median = float(np.median(distances))
        for factor in WIDTHS:
            likeness = kernel_of(kernel, distances, factor * median)
            for alpha in ALPHAS:
                errors = (
                    np.concatenate([left_out_answers(likeness, bands, fold, alpha=alpha) for fold in folds]) - truth
                )
                yield Trial(
                    len(vectors),
                    kernel,
                    factor * median,
                    alpha,
                    rmse_ev=float(np.sqrt(np.mean(errors**2))),
                    homo_mae_ev=float(np.abs(errors[:, -1]).mean()),
                )


def left_out_answers(
    likeness: np.ndarray, targets: np.ndarray, fold: tuple[np.ndarray, np.ndarray], *, alpha: float
) -> np.ndarray:
    """Return the answers (n_left_out, n_outputs) of a fit to the others."""
    kept, left_out = fold
    offset = targets[kept].mean(0)
    dual = solve_dual(likeness[np.ix_(kept, kept)], targets[kept] - offset, alpha=alpha)
    return likeness[np.ix_(left_out, kept)] @ dual + offset


def fit_trial(trial: Trial, distances: np.ndarray, targets: np.ndarray) -> KernelFit:
    """Return the fit to all training molecules with a trial's hyperparameters.

    Parameters
    ----------
    distances : (n_training, n_training)
        By the trial's kernel.
    targets : (n_training, n_outputs) [eV]
    """
    offset = targets.mean(0).astype(np.float32)
    likeness = kernel_of(trial.kernel, distances, trial.width)
    dual = solve_dual(likeness, targets - offset, alpha=trial.alpha).astype(np.float32)
    return KernelFit(trial.kernel, trial.width, trial.alpha, dual, offset)


def trained_rmse(fit: KernelFit, targets: np.ndarray) -> float:
    """Return the RMSE on the training molecules themselves [eV]: alpha times the dual coefficients is what is left."""
    return float(np.sqrt(np.mean((fit.alpha * fit.dual.astype(np.float64)) ** 2)))


def describe_ridge(ridge: KernelRidge, *, best: Trial, best_homo: Trial) -> str:
    """Return the sentence for the card."""
    n_training, n_components = ridge.training.shape
    projected = f", its first {n_components} principal components" if ridge.space.axes is not None else ""
    return (
        f"Kernel ridge regression on the {SOURCES[ridge.space.representation]}{projected}, after Stuke et al. 2019 (doi "
        f"10.1063/1.5086105). 16 levels by one {describe_trial(best)}, cross-validated RMSE {best.rmse_ev:.3f} eV; the HOMO "
        f"alone by another, {describe_trial(best_homo)}, cross-validated MAE {best_homo.homo_mae_ev:.3f} eV. The kernel was "
        f"chosen by {N_FOLDS}-fold cross-validation on at most {N_SEARCH:,} of the training molecules, width and alpha among "
        f"{N_TRIALS} on {best.n_molecules:,}; fitted to {n_training:,}"
    )


def describe_trial(trial: Trial) -> str:
    """Return a trial's hyperparameters in words."""
    return f"{trial.kernel} kernel of width {trial.width:.3g} and alpha {trial.alpha:g}"


def limits_of(ridge: KernelRidge) -> tuple[str, ...]:
    """Return the sentences for the card."""
    band = "The band only: no LUMO, no weights of atoms, and no molecule with fewer than 16 valence levels."
    if ridge.space.representation == MBTR:
        return (band,)
    heavy = f", {ridge.n_heavy} of them heavy" if ridge.n_heavy else ""
    room = f"At most {ridge.space.settings['n_atoms']} atoms, hydrogens included{heavy}."
    return band, room, MATRIX_LIMIT


def homo_figures(model: KernelRidgeLevels, labels: LabelSet) -> dict[str, dict]:
    """Return how well the fit to the HOMO alone does on held-out molecules, by kind of geometry.

    It is the figure to compare with Stuke et al. 2019; the `homo_mae_ev` of the 16 levels is another.
    """
    held_out = answerable(model, labels.select(labels.table["split"].isin(["test", "test_other"])))
    errors = model.predict_homo(held_out.geometries()) - np.array([x.homo_ev for x in held_out.levels()])
    absolute = pd.Series(np.abs(errors)).groupby(held_out.table["geometry"])
    return {str(kind): {"n": len(e), "homo_mae_ev": float(e.mean())} for kind, e in absolute}


def kernel_ridge_recipe(name: str, representation: str, room: str) -> Recipe:
    """Return the recipe on one representation; `room` ends the sentence on its domain."""
    return Recipe(
        name=name,
        kind="kernel_ridge",
        form="levels",
        fit=partial(fit_kernel_ridge, representation=representation),
        domain=(
            f"neutral closed-shell molecules of {', '.join(COVERED_SYMBOLS)} with at least {N_BAND} valence levels, {room}; "
            "trained on up to 9 heavy atoms"
        ),
    )


KERNEL_RIDGE_RECIPES = {
    "krr_cm": kernel_ridge_recipe(
        "KRR, Coulomb matrix", COULOMB_MATRIX, f"at most {QM9_ATOMS} atoms, {QM9_HEAVY_ATOMS} of them heavy"
    ),
    "krr_mbtr": kernel_ridge_recipe("KRR, MBTR", MBTR, "any number of atoms"),
}
