"""How honest expected errors are: what was expected, and what came out."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from core.labels.label_set import LabelSet
from core.models.protocol import LevelModel
from core.spectrum.levels import N_BAND, Levels
from core.spectrum.metrics import Figures, per_molecule_rmse

N_GROUPS = 5
LARGE_EV = 0.15  # errors that the expected error should pick out
FEWEST_TOLD = 5  # molecules on either side, for an AUROC to mean something
WITHIN = 1.645  # standard errors that hold 90 % of normal errors
NOMINAL = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)  # intervals of a coverage curve


class Evaluator(Protocol):
    """Expected against measured errors, as figures for a card."""

    def __call__(self, expected_rmse_ev: np.ndarray, rmse_ev: np.ndarray) -> Figures:
        """Return figures from the expected and the measured RMSE of each molecule, both (n_molecules,) [eV]."""
        ...


def compare_errors(expected_rmse_ev: np.ndarray, rmse_ev: np.ndarray) -> Figures:
    """Return what was expected and what came out, the `Evaluator` of all learners.

    Returns
    -------
    dict
        n; expected_rmse_ev and rmse_ev of all; "fifths": the same for the five groups of ascending expectation;
        "within_twice": part of the molecules whose RMSE is at most twice the expected one; "auroc": how well the expected
        error tells those with an RMSE above LARGE_EV, area under the ROC curve, None where there are too few.
    """

    def figures(some: np.ndarray) -> Figures:
        both = {"expected_rmse_ev": expected_rmse_ev[some], "rmse_ev": rmse_ev[some]}
        return {name: float(np.sqrt(np.mean(x**2))) for name, x in both.items()}

    order = np.argsort(expected_rmse_ev, kind="stable")
    return {
        "n": len(order),
        **figures(order),
        "fifths": [figures(group) for group in np.array_split(order, N_GROUPS) if len(group)],
        "within_twice": float(np.mean(rmse_ev <= 2 * expected_rmse_ev)),
        "auroc": told_apart(expected_rmse_ev, rmse_ev > LARGE_EV),
    }


def coverage_curve(errors_ev: np.ndarray, expected_ev: np.ndarray) -> list[Figures]:
    """Return which part of the errors lies within the intervals that should hold the NOMINAL parts, were errors normal.

    Parameters
    ----------
    errors_ev : (n_molecules, N_BAND) [eV]
        Of the band, the HOMO last.
    expected_ev : (n_molecules, N_BAND) [eV]
        What was expected of each; or (n_molecules, 1), of all levels of a molecule.

    Returns
    -------
    list of dict
        nominal; levels, the part of all levels within; homo, the part of the molecules whose HOMO is within.
    """
    from scipy.special import ndtri

    ratios = np.abs(errors_ev) / expected_ev
    bounds = ndtri((1 + np.array(NOMINAL)) / 2)
    return [
        {"nominal": part, "levels": float(np.mean(ratios <= bound)), "homo": float(np.mean(ratios[:, -1] <= bound))}
        for part, bound in zip(NOMINAL, bounds, strict=True)
    ]


def told_apart(measure: np.ndarray, is_large: np.ndarray) -> float | None:
    """Return the area under the ROC curve of a measure that tells what `is_large`; see `compare_errors`."""
    from sklearn.metrics import roc_auc_score  # a second to import

    if min(is_large.sum(), (~is_large).sum()) < FEWEST_TOLD:
        return None
    return float(roc_auc_score(is_large, measure))


def check_calibration(model: LevelModel, labels: LabelSet) -> Figures:
    """Return `judge_expectations` of a learner on labels, all within its domain."""
    return judge_expectations(model.predict_levels(labels.geometries()), labels.levels())


def judge_expectations(
    predicted: Sequence[Levels], reference: Sequence[Levels], *, evaluator: Evaluator = compare_errors
) -> Figures:
    """Return the evaluator's figures of predictions' expected errors.

    Returns
    -------
    dict
        Also "levels_within_90" and "homo_within_90": part of the bands' levels, and of the HOMOs, within WITHIN expected errors
        of their own; of LUMOs lumo_rmse_ev, lumo_expected_ev and lumo_within_90, None where none is known.
    """
    expected = np.array([levels.expected_rmse_ev for levels in predicted])
    within = []
    for p, r in zip(predicted, reference, strict=True):
        n = min(N_BAND, r.n_known)
        within.append(np.abs(p.valence_ev[-n:] - r.valence_ev[-n:]) <= WITHIN * p.errors_ev[-n:])
    return evaluator(expected, per_molecule_rmse(predicted, reference)) | {
        "levels_within_90": float(np.concatenate(within).mean()),
        "homo_within_90": float(np.mean([of_molecule[-1] for of_molecule in within])),
        **judge_lumos(predicted, reference),
    }


def judge_lumos(predicted: Sequence[Levels], reference: Sequence[Levels]) -> Figures:
    """Return what `judge_expectations` tells of LUMOs."""
    both = np.array([(p.lumo_ev - r.lumo_ev, p.lumo_error_ev) for p, r in zip(predicted, reference, strict=True)])
    errors, expected = both[np.isfinite(both).all(1)].T
    if not len(errors):
        return dict.fromkeys(("lumo_rmse_ev", "lumo_expected_ev", "lumo_within_90"))
    return {
        "lumo_rmse_ev": float(np.sqrt(np.mean(errors**2))),
        "lumo_expected_ev": float(np.sqrt(np.mean(expected**2))),
        "lumo_within_90": float(np.mean(np.abs(errors) <= WITHIN * expected)),
    }
