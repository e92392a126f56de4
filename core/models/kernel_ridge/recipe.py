"""Train kernel ridge regression on the Coulomb matrix or on the many-body tensor representation."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.decomposition import PCA

from core.elements import QM9_SYMBOLS
from core.errors import InputError
from core.features.coulomb_matrix import MATRIX_LIMIT, QM9_ATOMS, QM9_HEAVY_ATOMS, heavy_limit
from core.features.memory import remembered_features
from core.json_lines import Record
from core.labels.label_set import LabelSet
from core.labels.splits import molecule_keys
from core.machine.progress import Report
from core.models.fitting.recipe import Fitted, Recipe, TrainOptions
from core.models.kernel_ridge.kernel import (
    COULOMB_MATRIX,
    KERNEL_FILE,
    MBTR,
    FeatureSpace,
    KernelFit,
    KernelRidge,
    pair_distances,
    round_vectors,
)
from core.models.kernel_ridge.learner import KernelRidgeLevels
from core.models.kernel_ridge.search import (
    N_FOLDS,
    N_SEARCH,
    N_TRIALS,
    Trial,
    choose,
    describe_trial,
    fit_trial,
    trained_rmse,
)
from core.models.protocol import within_domain
from core.spectrum.levels import N_BAND
from core.spectrum.metrics import Figures
from core.structure.geometry import Geometry

ROOM = 60  # atoms that a matrix holds where there are larger molecules than QM9's
N_PRINCIPAL = 300  # of the many-body tensor: as accurate as all 2,935 features to 0.002 eV, and a tenth to store
FEATURE_SOURCES = {
    COULOMB_MATRIX: "upper triangle of the Coulomb matrix (atomic units), rows sorted by norm",
    MBTR: "many-body tensor representation (atomic numbers, inverse distances, cosines of angles; DScribe)",
}


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
    log = TrialLog(report)
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
    best, best_homo = choose(vectors, bands, molecules, seed=options.seed, report_trial=log)
    band, homo = fit_best(best, best_homo, vectors, bands)
    ridge = KernelRidge(
        space,
        vectors,
        band,
        homo,
        elements=elements_for(geometries),
        n_heavy=heavy_limit(geometries) if representation == COULOMB_MATRIX else None,
    )
    ridge.save(out / KERNEL_FILE)
    log("fit", 1, 1, {"train_rmse_ev": trained_rmse(ridge.band, bands)})
    return Fitted(
        architecture=describe_ridge(ridge, best=best, best_homo=best_homo),
        n_parameters=sum(fit.dual.size + fit.offset.size for fit in ridge.fits.values()),
        history=log.history,
        limits=limits_of(ridge),
    )


@dataclass
class TrialLog:
    """The history of a search: each record gets the seconds since the one before, and is reported."""

    report: Report
    history: list[Record] = field(default_factory=list)
    since: float = field(default_factory=time.perf_counter)

    def __call__(self, stage: str, epoch: int, epochs: int, record: Record) -> None:
        """See `ReportTrial`."""
        now = time.perf_counter()
        self.history.append({"stage": stage, "epoch": epoch, **record, "seconds": now - self.since})
        self.report({"epochs": epochs, **self.history[-1]})
        self.since = now


def fit_best(best: Trial, best_homo: Trial, vectors: np.ndarray, bands: np.ndarray) -> tuple[KernelFit, KernelFit]:
    """Return the fits of the band and of the HOMO alone to all training molecules, each with its own trial's choice."""
    # of 23,000 molecules 4 GB, and minutes of a Laplacian kernel: both fits share them where they can
    distances = pair_distances(best.kernel, vectors, vectors)
    band = fit_trial(best, distances, bands)
    if best_homo == best:
        return band, band.of_output(-1)
    if best_homo.kernel != best.kernel:
        distances = pair_distances(best_homo.kernel, vectors, vectors)
    return band, fit_trial(best_homo, distances, bands[:, -1:])


def with_band(labels: LabelSet) -> LabelSet:
    """Return the rows whose molecules have a band."""
    return labels.select([levels.has_band for levels in labels.levels()])


def settings_for(representation: str, geometries: Sequence[Geometry]) -> dict[str, Any]:
    """Return what the featurizer is made with: room for QM9's molecules, and for larger or other ones where there are any."""
    if representation == COULOMB_MATRIX:
        largest = max(g.n_atoms for g in geometries)
        return {"n_atoms": QM9_ATOMS if largest <= QM9_ATOMS else max(largest, ROOM)}
    return {"elements": [*elements_for(geometries)]}


def elements_for(geometries: Sequence[Geometry]) -> tuple[str, ...]:
    """Return QM9's elements, and others where there are any."""
    there = {symbol for g in geometries for symbol in g.symbols}
    return (*QM9_SYMBOLS, *sorted(there - set(QM9_SYMBOLS)))


def principal_components(space: FeatureSpace, features: np.ndarray, *, seed: int) -> FeatureSpace:
    """Return the space of the training molecules' first N_PRINCIPAL principal components."""
    found = PCA(min(N_PRINCIPAL, len(features) - 1), random_state=seed).fit(features)
    axes = found.components_.T.astype(np.float16).astype(np.float32)  # as they are stored
    return FeatureSpace(space.representation, space.settings, found.mean_.astype(np.float32), axes)


def describe_ridge(ridge: KernelRidge, *, best: Trial, best_homo: Trial) -> str:
    """Return the sentence for the card."""
    n_training, n_components = ridge.training.shape
    projected = f", its first {n_components} principal components" if ridge.space.axes is not None else ""
    return (
        f"Kernel ridge regression on the {FEATURE_SOURCES[ridge.space.representation]}{projected}, after Stuke et al. 2019 (doi "
        f"10.1063/1.5086105). 16 levels by one {describe_trial(best)}, cross-validated RMSE {best.rmse_ev:.3f} eV; the HOMO "
        f"alone by another, {describe_trial(best_homo)}, cross-validated MAE {best_homo.homo_mae_ev:.3f} eV. The kernel was "
        f"chosen by {N_FOLDS}-fold cross-validation on at most {N_SEARCH:,} of the training molecules, width and alpha among "
        f"{N_TRIALS} on {best.n_molecules:,}; fitted to {n_training:,}"
    )


def limits_of(ridge: KernelRidge) -> tuple[str, ...]:
    """Return the sentences for the card."""
    band = "The band only: no LUMO, no weights of atoms, and no molecule with fewer than 16 valence levels."
    if ridge.space.representation == MBTR:
        return (band,)
    heavy = f", {ridge.n_heavy} of them heavy" if ridge.n_heavy else ""
    room = f"At most {ridge.space.settings['n_atoms']} atoms, hydrogens included{heavy}."
    return band, room, MATRIX_LIMIT


def homo_figures(model: KernelRidgeLevels, labels: LabelSet) -> dict[str, Figures]:
    """Return how well the fit to the HOMO alone does on held-out molecules, by kind of geometry.

    It is the figure to compare with Stuke et al. 2019; the `homo_mae_ev` of the 16 levels is another.
    """
    held_out = within_domain(model, labels.select(labels.table["split"].isin(["test", "test_other"])))
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
        extra_figures={"homo_fit": homo_figures},
        domain=(
            f"neutral closed-shell molecules of {', '.join(QM9_SYMBOLS)} with at least {N_BAND} valence levels, {room}; "
            "trained on up to 9 heavy atoms"
        ),
    )


RECIPES = {
    "krr_cm": kernel_ridge_recipe(
        "KRR, Coulomb matrix", COULOMB_MATRIX, f"at most {QM9_ATOMS} atoms, {QM9_HEAVY_ATOMS} of them heavy"
    ),
    "krr_mbtr": kernel_ridge_recipe("KRR, MBTR", MBTR, "any number of atoms"),
}
