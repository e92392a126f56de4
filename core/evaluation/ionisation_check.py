"""How good ionisation energies are: against computed ones, with ever more labels, and against measured ones."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np

from core.assets import COMPARISON
from core.errors import EigenscopeError
from core.files import write_text
from core.labels.label_set import LabelSet
from core.labels.splits import TEST, TRAIN
from core.machine.progress import Tell
from core.models.delta.inputs import LevelInputs
from core.models.delta.learner import find_base
from core.models.delta.process import fit_process
from core.models.delta.recipe import level_pairs, molecule_codes
from core.models.protocol import ExplainingModel, LevelModel
from core.models.registry import DEFAULT
from core.models.uncertainty.evaluator import WITHIN
from core.spectrum.metrics import Figures
from core.structure.domain import check_geometry
from core.structure.geometry import Geometry
from core.theory import QUASIPARTICLE_THEORY

IONISATION_FILE = "ionisation.json"
OUTER_VALENCE_EV = -18.0  # levels above it count: below, one electron is a poor picture
CURVE_SEEDS = (1, 2, 3)
MISPRINTED = ("C2H4",)  # of `ase.data.g2`: it has acetylene's 11.49 eV, ethylene's is 10.68 (NIST WebBook)
WayToLevels = Callable[[LevelInputs, np.ndarray, LevelInputs], tuple[np.ndarray, np.ndarray | None]]


def by_line(known: LevelInputs, levels_ev: np.ndarray, asked: LevelInputs) -> tuple[np.ndarray, None]:
    """Return levels (n_asked,) [eV] on the best line through the known ones; no error is known of them."""
    return np.polyval(np.polyfit(known.energies_ev, levels_ev, 1), asked.energies_ev), None


def by_delta(known: LevelInputs, levels_ev: np.ndarray, asked: LevelInputs) -> tuple[np.ndarray, np.ndarray]:
    """Return corrected levels and their errors, both (n_asked,) [eV]."""
    return fit_process(known, levels_ev)(asked)


def directly(known: LevelInputs, levels_ev: np.ndarray, asked: LevelInputs) -> tuple[np.ndarray, np.ndarray]:
    """Return levels and their errors, both (n_asked,) [eV], by the same process that is not told the network's energies."""
    return fit_process(without_energies(known), levels_ev)(without_energies(asked))


def without_energies(inputs: LevelInputs) -> LevelInputs:
    """Return what is known of levels but for where they lie: each one's place from the HOMO down instead."""
    sizes = np.bincount(inputs.molecules)
    depth = np.concatenate([np.arange(n)[::-1] for n in sizes if n]).astype(float)
    described = inputs.described.copy()
    described[:, 0] = depth
    return replace(inputs, energies_ev=depth, described=described)


IONISATION_WAYS: dict[str, WayToLevels] = {"delta": by_delta, "line": by_line, "direct": directly}


def measure_ionisation(model: LevelModel, labels: LabelSet, *, out: Path = COMPARISON, tell: Tell) -> Figures:
    """Hold corrected levels against labels never learnt from, and against measured energies; write and return the figures.

    Parameters
    ----------
    model : learner
        The shipped one, of ionisation energies.
    labels : LabelSet
        Its labels: curves learn from parts of `train`, all errors are on `test`.
    tell : callable
        Gets a line per training.

    Returns
    -------
    dict
        "curves": rows of way, n_labels, seed and `level_figures`; "measured": see `measure_known`.
    """
    base = find_base(DEFAULT, device="cpu")
    test = level_pairs(base, labels.split(TEST))
    pool, pool_levels = level_pairs(base, labels.split(TRAIN))
    codes = molecule_codes(labels.split(TRAIN))
    n_pool = len(codes)
    rows = []
    for n_labels, seed in curve_sizes(n_pool):
        drawn = np.flatnonzero(np.random.default_rng(seed).permutation(n_pool) < n_labels)
        some = np.isin(pool.molecules, drawn)
        known, levels = pool.select(some), pool_levels[some]
        grouped = replace(known, molecules=codes[known.molecules])  # as the shipped one is fitted
        for way, answer in IONISATION_WAYS.items():
            found = level_figures(*answer(grouped if way == "delta" else known, levels, test[0]), *test)
            rows.append({"way": way, "n_labels": n_labels, "seed": seed} | found)
        tell(
            f"{n_labels} labels: "
            + ", ".join(f"{r['way']} {r['mae_ev']:.3f} eV" for r in rows[-len(IONISATION_WAYS) :])
        )
    result = {"n_test": len(labels.split(TEST)), "curves": rows, "measured": measure_known(model, base)}
    write_text(out / IONISATION_FILE, json.dumps(result, indent=1))
    return result


def curve_sizes(n_training: int) -> list[tuple[int, int]]:
    """Return (number of labels, seed) of each training: 12, 25, 50, ... and all; of all there is one draw."""
    sizes = [25 * 2**k // 2 for k in range(12)]
    return [(n, seed) for n in sizes if n < n_training for seed in CURVE_SEEDS] + [(n_training, CURVE_SEEDS[0])]


def level_figures(
    found_ev: np.ndarray, errors_ev: np.ndarray | None, asked: LevelInputs, reference_ev: np.ndarray
) -> Figures:
    """Return the errors of levels: n_levels, mae_ev and mean_signed_error_ev above OUTER_VALENCE_EV, homo_mae_ev.

    Also levels_within_90 where errors are known: part of those levels within WITHIN of their own.
    """
    outer = reference_ev > OUTER_VALENCE_EV
    off = found_ev - reference_ev
    last = np.r_[np.flatnonzero(np.diff(asked.molecules)), len(off) - 1]
    figures: Figures = {
        "n_levels": int(outer.sum()),
        "mae_ev": float(np.abs(off[outer]).mean()),
        "mean_signed_error_ev": float(off[outer].mean()),
        "homo_mae_ev": float(np.abs(off[last]).mean()),
    }
    if errors_ev is not None:
        figures["levels_within_90"] = float((np.abs(off) <= WITHIN * errors_ev)[outer].mean())
    return figures


def measure_known(model: LevelModel, base: ExplainingModel) -> Figures:
    """Return how far first ionisation energies are from measured vertical ones: the organic molecules of `ase.data.g2`.

    Returns
    -------
    dict
        n, mae_ev, mean_signed_error_ev; levels_within_90, which knows the error of the learner, and measured_within_90, which
        knows that of the level of theory too; line_mae_ev, of the base's HOMO by the best line through the same
        molecules; "molecules": name, measured_ev, predicted_ev and expected_ev of each.
    """
    from ase.data.g2 import data

    rows, homos = [], []
    for name, known in cast("dict[str, dict[str, Any]]", data).items():
        measured, geometry = known.get("vertical ionization energy"), covered_geometry(known, model)
        if measured is None or geometry is None or name in MISPRINTED or "C" not in geometry.symbols:
            continue
        [levels], [own] = model.predict_levels([geometry]), base.predict_levels([geometry])
        row = {"measured_ev": measured, "predicted_ev": -levels.homo_ev, "expected_ev": float(levels.errors_ev[-1])}
        rows.append({"name": name} | row)
        homos.append(own.homo_ev)
    wanted, found, expected = (
        np.array([r[key] for r in rows], float) for key in ("measured_ev", "predicted_ev", "expected_ev")
    )
    in_all = np.array([QUASIPARTICLE_THEORY.against_nature_ev(error) for error in expected])
    line = np.polyval(np.polyfit(homos, wanted, 1), homos)
    return {
        "n": len(rows),
        "mae_ev": float(np.abs(found - wanted).mean()),
        "mean_signed_error_ev": float((found - wanted).mean()),
        "levels_within_90": float((np.abs(found - wanted) <= WITHIN * expected).mean()),
        "measured_within_90": float((np.abs(found - wanted) <= WITHIN * in_all).mean()),
        "line_mae_ev": float(np.abs(line - wanted).mean()),
        "molecules": rows,
    }


def covered_geometry(known: dict[str, Any], model: LevelModel) -> Geometry | None:
    """Return a molecule of `ase.data.g2`; None where the learner does not cover it, or it has unpaired electrons."""
    from ase import Atoms

    if known.get("magmoms"):
        return None
    atoms = Atoms(known["symbols"], known["positions"])
    try:
        geometry = Geometry(atoms.numbers, atoms.positions)
        check_geometry(geometry)
        model.check(geometry)
    except EigenscopeError:
        return None
    return geometry
