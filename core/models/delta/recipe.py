"""Train corrections of levels: pairs of a network's levels and another theory's, by orbital, into a Gaussian process."""

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from core.assets import REFERENCE
from core.labels.label_set import LabelSet, join_labels
from core.labels.splits import molecule_keys
from core.machine.progress import Report
from core.models.delta.inputs import LevelInputs, describe_levels, join_inputs
from core.models.delta.learner import PROCESS_FILE, AboutBase, find_base, network_hash, save_process
from core.models.delta.process import Kernel, LevelProcess, fit_process
from core.models.fitting.recipe import Fitted, Recipe, TrainOptions
from core.models.protocol import ExplainedLevels, ExplainingModel
from core.models.registry import DEFAULT

IONISATION_LABELS = REFERENCE / "g0w0_camb3lyp.parquet"
OF_THE_THEORY = (
    "The expected error is against the level of theory, which is itself off by -0.16 eV on average, with a spread of 0.18 eV: "
    "22 to 25 ionisation energies of 9 molecules against full configuration interaction."
)
OVERLAP = "overlap"  # the column that says which level is which; without it they are paired by their order


def level_pairs(base: ExplainingModel, labels: LabelSet) -> tuple[LevelInputs, np.ndarray]:
    """Return what is known of each level that a label tells of, and the label's level (n_levels,) [eV] of the same orbital.

    Orbitals are paired by the largest overlap where the labels have any, else by their order from the HOMO down.
    """
    return pair_levels(base.explain_levels(labels.geometries()), labels)


def pair_levels(explained: Sequence[ExplainedLevels], labels: LabelSet) -> tuple[LevelInputs, np.ndarray]:
    """Return what `level_pairs` does of molecules that are explained already."""
    inputs, levels = [], []
    overlaps = labels.table[OVERLAP] if OVERLAP in labels.table else [None] * len(labels)
    for own, label, overlap in zip(explained, labels.levels(), overlaps, strict=True):
        n_levels = len(label.valence_ev)
        n_own = len(own.levels.valence_ev)
        place = np.arange(n_own - n_levels, n_own) if overlap is None else paired_levels(overlap, n_levels)
        known = np.isfinite(label.valence_ev)
        inputs.append(describe_levels(own).select(place[known]))
        levels.append(label.valence_ev[known])
    return join_inputs(inputs), np.concatenate(levels)


def paired_levels(overlap: np.ndarray, n_levels: int) -> np.ndarray:
    """Return which of the base's levels (n_levels,) each level of a label is, by the largest overlap of their orbitals."""
    places: np.ndarray = np.asarray(overlap).reshape(n_levels, n_levels).argmax(1)
    return places


def fit_correction(base: ExplainingModel, labels: LabelSet) -> tuple[LevelProcess, AboutBase]:
    """Return the process that brings the base learner's levels to those of labels, and what it corrects."""
    explained = base.explain_levels(labels.geometries())
    inputs, levels_ev = pair_levels(explained, labels)
    grouped = replace(inputs, molecules=molecule_codes(labels)[inputs.molecules])
    return fit_process(grouped, levels_ev), about_base(base, explained, levels_ev)


def molecule_codes(labels: LabelSet) -> np.ndarray:
    """Return (n_rows,) of int: rows of one molecule, at other geometries, have the same."""
    codes: np.ndarray = pd.factorize(np.array([str(key) for key in molecule_keys(labels.table)]))[0]
    return codes


def about_base(base: ExplainingModel, explained: Sequence[ExplainedLevels], levels_ev: np.ndarray) -> AboutBase:
    """Return what a correction learnt from these molecules and their labels' levels (n_levels,) [eV] corrects."""
    expected = [own.levels.expected_rmse_ev for own in explained]
    error_ev = float(np.sqrt(np.mean(np.square(expected))))
    return AboutBase(base.key, network_hash(base), error_ev, float(levels_ev.min()))


def fit_delta(
    train: LabelSet, valid: LabelSet, *, out: Path, work: Path, options: TrainOptions, report: Report
) -> Fitted:
    """See `core.models.fitting.recipe.Fit`. Learns from the validation part too: it watches itself on molecules left out."""
    del work, options
    start = time.perf_counter()
    process, about = fit_correction(find_base(DEFAULT, device="cpu"), join_labels(train, valid))
    save_process(process, out / PROCESS_FILE, about=about)
    record = {
        "stage": "fit",
        "epoch": 1,
        "epochs": 1,
        "loss_ev": float(np.sqrt(Kernel(*process.kernel).noise)),
        "seconds": time.perf_counter() - start,
    }
    report(record)
    return Fitted(
        architecture=describe_process(process),
        n_parameters=process.n_parameters,
        history=[record],
        data="the validation part is learnt from too, and the expected error is that of molecules left out in turn",
        limits=("The LUMO is not corrected, and not predicted.", OF_THE_THEORY),
    )


def describe_process(process: LevelProcess) -> str:
    """Return what a correction is, for a card."""
    kernel = Kernel(*process.kernel)
    return (
        f"Gaussian process over the levels of {DEFAULT}, each described by its energy, repulsion with itself, polarisation, "
        f"shells, elements and its atoms' features; carried by {len(process.centres)} centres; "
        f"height {np.sqrt(kernel.height):.2f} eV, length {kernel.length:g}, slope {kernel.slope:g}, "
        f"noise {np.sqrt(kernel.noise):.3f} eV"
    )


RECIPES = {
    "ionisation": Recipe(
        name="Tight-binding network, corrected",
        kind="delta",
        form="levels",
        fit=fit_delta,
        labels=IONISATION_LABELS,
        domain="neutral closed-shell molecules that the tight-binding network covers; trained on 2 to 9 heavy atoms",
    )
}
