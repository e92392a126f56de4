"""Every metric, and nowhere else."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from core.errors import EigenscopeError
from core.spectrum.broaden import SIGMA_EV, STEP_EV, broaden
from core.spectrum.levels import N_BAND, Levels

Figures = dict[str, Any]  # what was measured, by name: numbers with their unit in the name, or figures of parts


def rmse(predicted: np.ndarray, reference: np.ndarray) -> float:
    """Return sqrt of the mean of (predicted - reference)^2 over everything, in their unit.

    Examples
    --------
    >>> rmse(np.array([-6.0, -7.0]), np.array([-6.3, -7.4])).__round__(6)
    0.353553
    """
    return float(np.sqrt(np.mean((np.asarray(predicted) - np.asarray(reference)) ** 2)))


def rse(predicted: np.ndarray, reference: np.ndarray, *, step_ev: float = 0.1) -> np.ndarray:
    """Return the relative spectral error per spectrum, as a fraction.

    ``sqrt(sum dE (t - p)^2) / sum(dE t)``, Ghosh et al. 2019 (doi 10.1002/advs.201801367), from the authors' code.
    It has the unit eV^1/2: not scale-free in the grid's extent, and comparable only at the same line shape and sigma.

    Parameters
    ----------
    predicted, reference : (..., n_points) [states/eV]
    step_ev : float
        Grid spacing.

    Returns
    -------
    (...) array

    Examples
    --------
    >>> curve = broaden([-12.0, -6.0])
    >>> float(rse(curve, curve))
    0.0
    """
    difference = np.asarray(reference) - np.asarray(predicted)
    error: np.ndarray = np.sqrt(step_ev * np.sum(difference**2, axis=-1)) / (step_ev * np.sum(reference, axis=-1))
    return error


def per_molecule_rmse(predicted: Sequence[Levels], reference: Sequence[Levels]) -> np.ndarray:
    """Return (n,) RMSE over each molecule's band [eV], or over all its known valence levels where it has no band."""
    known = [min(N_BAND, r.n_known) for r in reference]
    return np.array([
        rmse(p.valence_ev[-n:], r.valence_ev[-n:]) for p, r, n in zip(predicted, reference, known, strict=True)
    ])  # fmt: skip


def evaluate_levels(predicted: Sequence[Levels], reference: Sequence[Levels]) -> Figures:
    """Return the accuracy of predicted levels against reference ones, molecule by molecule in the same order.

    Molecules with fewer than N_BAND known valence levels have no band: they count in `n_without_band` and in HOMO and
    LUMO errors, not in RMSE and RSE. What nothing can be said of is left out, and "not_computed" says why.

    Returns
    -------
    dict
        n, n_without_band, rmse_ev, mean_signed_error_ev, rse (fraction), homo_mae_ev, homo_mean_signed_error_ev,
        lumo_mae_ev, gap_mae_ev, valence_rmse_ev (all valence levels, of molecules of which all are known),
        per_level_rmse_ev (HOMO-15 ... HOMO), median_rmse_ev, p95_rmse_ev; not_computed {figure: reason} if any.

    Raises
    ------
    EigenscopeError
        If there is nothing to compare, or the numbers of levels differ and it is not the band alone that was predicted.
    """
    if not predicted or len(predicted) != len(reference):
        raise EigenscopeError(
            f"as many predictions as references, at least one: got {len(predicted)} and {len(reference)}"
        )
    both = list(zip(predicted, reference, strict=True))
    for k, (p, r) in enumerate(both):
        if len(p.valence_ev) not in (len(r.valence_ev), min(N_BAND, len(r.valence_ev))):
            raise EigenscopeError(
                f"molecule {k + 1}: {len(r.valence_ev)} reference levels, {len(p.valence_ev)} predicted"
            )
    figures: Figures = {"n": len(both), "n_without_band": sum(not r.has_band for r in reference)}
    missing: dict[str, str] = {}
    for part, absent in (evaluate_frontier(both), evaluate_valence(both)):
        figures |= part
        missing |= absent
    pairs = [(p.band_ev, r.band_ev) for p, r in both if r.has_band]
    if pairs:
        figures |= evaluate_bands(np.array([p for p, _ in pairs]), np.array([r for _, r in pairs]))
    else:
        most = max(r.n_known for r in reference)
        reason = f"a band needs {N_BAND} valence levels, the references tell at most {most}"
        missing |= dict.fromkeys(("rmse_ev", "rse", "per_level_rmse_ev"), reason)
    return figures | ({"not_computed": missing} if missing else {})


def evaluate_frontier(both: Sequence[tuple[Levels, Levels]]) -> tuple[Figures, dict[str, str]]:
    """Return the HOMO's, LUMO's and gap's figures of (predicted, reference), and {figure: why there is none}."""
    homo = np.array([p.homo_ev - r.homo_ev for p, r in both])
    lumo = np.array([p.lumo_ev - r.lumo_ev for p, r in both])
    figures = {"homo_mae_ev": float(np.abs(homo).mean()), "homo_mean_signed_error_ev": float(homo.mean())}
    if np.isfinite(lumo).any():
        gap_mae = float(np.nanmean(np.abs(lumo - homo)))
        return figures | {"lumo_mae_ev": float(np.nanmean(np.abs(lumo))), "gap_mae_ev": gap_mae}, {}
    told = any(np.isfinite(r.lumo_ev) for _, r in both)
    reason = "no LUMO is predicted" if told else "the references tell no LUMO"
    return figures, dict.fromkeys(("lumo_mae_ev", "gap_mae_ev"), reason)


def evaluate_valence(both: Sequence[tuple[Levels, Levels]]) -> tuple[Figures, dict[str, str]]:
    """Return the figure over all valence levels of (predicted, reference), or {figure: why there is none}."""
    if any(len(p.valence_ev) != len(r.valence_ev) for p, r in both):
        return {}, {"valence_rmse_ev": "the band alone is predicted"}
    errors = [p.valence_ev - r.valence_ev for p, r in both if r.n_known == len(r.valence_ev)]
    if not errors:
        return {}, {"valence_rmse_ev": "the references tell the highest valence levels only"}
    return {"valence_rmse_ev": float(np.sqrt(np.mean(np.concatenate(errors) ** 2)))}, {}


def evaluate_bands(predicted_ev: np.ndarray, reference_ev: np.ndarray) -> Figures:
    """Return the band's figures, see `evaluate_levels`; both arrays are (n_molecules, N_BAND) [eV]."""
    error = predicted_ev - reference_ev
    per_molecule = np.sqrt(np.mean(error**2, axis=1))
    spectra = broaden(predicted_ev, sigma_ev=SIGMA_EV), broaden(reference_ev, sigma_ev=SIGMA_EV)
    return {
        "rmse_ev": rmse(predicted_ev, reference_ev),
        "mean_signed_error_ev": float(error.mean()),
        "rse": float(rse(*spectra, step_ev=STEP_EV).mean()),
        "median_rmse_ev": float(np.median(per_molecule)),
        "p95_rmse_ev": float(np.quantile(per_molecule, 0.95)),
        "per_level_rmse_ev": {
            "HOMO" if k == N_BAND - 1 else f"HOMO-{N_BAND - 1 - k}": float(np.sqrt(np.mean(error[:, k] ** 2)))
            for k in range(N_BAND)
        },
    }


def evaluate_spectra(predicted: np.ndarray, reference: np.ndarray) -> Figures:
    """Return the accuracy of predicted headline spectra, both (n_molecules, 300) [states/eV] on GRID_EV.

    Returns
    -------
    dict
        n, rse (fraction, mean over molecules), median_rse, p95_rse, mean_area: the number of levels that the predicted
        spectra integrate to, N_BAND if they are right.
    """
    errors = rse(predicted, reference, step_ev=STEP_EV)
    return {
        "n": len(errors),
        "rse": float(errors.mean()),
        "median_rse": float(np.median(errors)),
        "p95_rse": float(np.quantile(errors, 0.95)),
        "mean_area": float(predicted.sum(axis=-1).mean() * STEP_EV),
    }


def cosine_similarity(predicted: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Return the cosine of the angle between spectra: 1 = same shape, whatever the heights.

    Parameters
    ----------
    predicted : (..., n_points)
    reference : (n_points,)

    Returns
    -------
    (...) array; nan where either is zero everywhere.
    """
    norms = np.sqrt(np.einsum("...i,...i->...", predicted, predicted) * np.dot(reference, reference))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(norms > 0, np.einsum("...i,i->...", predicted, reference) / norms, np.nan)


def pearson_correlation(predicted: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Return Pearson's r between spectra: cosine after the means are taken away, so a constant background is forgiven.

    Shapes as in `cosine_similarity`; nan where either is constant.
    """
    return cosine_similarity(predicted - predicted.mean(axis=-1, keepdims=True), reference - reference.mean())


def wasserstein_ev(predicted: np.ndarray, reference: np.ndarray, *, step_ev: float = 0.1) -> np.ndarray:
    """Return the 1-D Wasserstein (earth mover's) distance [eV] between spectra as normalised densities.

    The mean distance that states must be moved in energy: the integral of the difference between the two cumulative
    distributions (Vallender 1974, doi 10.1137/1118101), exact for densities that sit on the points of the grid.
    Negative intensities, which only a measured spectrum can have, count as zero. A rigid shift by s costs abs(s).

    Parameters
    ----------
    predicted : (..., n_points)
    reference : (n_points,)
    step_ev : float
        Grid spacing.

    Returns
    -------
    (...) array [eV]; nan where either has no intensity.

    Examples
    --------
    >>> round(float(wasserstein_ev(broaden([-12.0]), broaden([-11.5]))), 6)  # how far the states must go
    0.5
    """
    cumulative = np.cumsum(np.maximum(predicted, 0), axis=-1)
    target = np.cumsum(np.maximum(reference, 0))
    with np.errstate(divide="ignore", invalid="ignore"):
        cumulative /= cumulative[..., -1:]
        cumulative -= (target / target[-1]).astype(cumulative.dtype)
    distance: np.ndarray = np.abs(cumulative, out=cumulative).sum(axis=-1) * step_ev
    return distance


def level_rmse_ev(predicted_ev: np.ndarray, reference_ev: np.ndarray) -> np.ndarray:
    """Return sqrt of the mean squared difference [eV] of sorted levels: (..., n_levels) and (n_levels,) -> (...)."""
    difference = predicted_ev - reference_ev
    error: np.ndarray = np.sqrt(np.mean(difference**2, axis=-1))
    return error
