"""Averages over conformers against averages of references: the same conformers, at the same geometries and weights."""

import json
from pathlib import Path

import numpy as np

from core.assets import COMPARISON
from core.files import write_text
from core.labels.label_set import LabelSet
from core.labels.splits import TEST
from core.models.protocol import LevelModel
from core.models.uncertainty.evaluator import WITHIN, coverage_curve
from core.spectrum.average import average_levels
from core.spectrum.levels import N_BAND
from core.spectrum.metrics import Figures
from core.structure.ensemble import boltzmann_weights

CONFORMER_FILE = "conformers.json"


def measure_conformers(model: LevelModel, labels: LabelSet, *, out: Path = COMPARISON) -> Figures:
    """Hold predicted averages over conformers against those of references; write and return the figures.

    Parameters
    ----------
    labels : LabelSet
        One row a conformer, with `conformer_energy_ev` and `conformer_degeneracy`; those of its `test` rows count, molecule by
        molecule.

    Returns
    -------
    dict
        n molecules and n_conformers; rmse_ev of the band of averages, median_ev of the molecules' RMSE, expected_ev by the
        learner; lowest_rmse_ev, when the lowest conformer stands for all;
        spread_ev, root mean square spread over the conformers of the references; levels_within_90, part of the levels within
        1.645 times the learner's own expected error of each; coverage, `coverage_curve` of that error.
    """
    test = labels.split(TEST)
    predicted, reference = model.predict_levels(test.geometries()), test.levels()
    errors, of_lowest, spreads, expected = [], [], [], []
    for _, rows in test.table.groupby("qm9_index", sort=True):
        places = rows.index.tolist()
        if not all(reference[k].has_band for k in places):
            continue
        weights = boltzmann_weights(rows["conformer_energy_ev"].to_numpy(), rows["conformer_degeneracy"].to_numpy())
        mean = average_levels([predicted[k] for k in places], weights)
        truth = average_levels([reference[k] for k in places], weights)
        lowest = predicted[places[int(np.argmin(rows["conformer_energy_ev"]))]]
        errors.append(mean.band_ev - truth.band_ev)
        of_lowest.append(lowest.band_ev - truth.band_ev)
        each = np.array([reference[k].band_ev for k in places])
        spreads.append(weights @ np.square(each - truth.band_ev))
        expected.append(mean.errors_ev[-N_BAND:])
    result = {
        "n": len(errors),
        "n_conformers": len(test),
        "rmse_ev": float(np.sqrt(np.mean(np.square(errors)))),
        "median_ev": float(np.median(np.sqrt(np.mean(np.square(errors), axis=1)))),
        "expected_ev": float(np.sqrt(np.mean(np.square(expected)))),
        "lowest_rmse_ev": float(np.sqrt(np.mean(np.square(of_lowest)))),
        "spread_ev": float(np.sqrt(np.mean(spreads))),
        "levels_within_90": float(np.mean(np.abs(errors) <= WITHIN * np.array(expected))),
        "coverage": coverage_curve(np.array(errors), np.array(expected)),
    }
    write_text(out / CONFORMER_FILE, json.dumps(result, indent=1))
    return result
