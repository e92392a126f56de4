"""Spectra made as if measured, of molecules whose ionisation energies are computed, and at which places those molecules come."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import exponnorm

from core.assets import COMPARISON
from core.errors import InputError
from core.evaluation.measured_check import place_constitution
from core.files import write_text
from core.labels.label_set import LabelSet
from core.machine.progress import Progress, report_nothing
from core.models.delta.recipe import OVERLAP, paired_levels
from core.models.protocol import ExplainingModel
from core.screening.chosen import rank_as_chosen
from core.screening.options import propose_options
from core.screening.probability import N_LIKELIEST, constitution_scores, fit_sharpness, log_probability
from core.spectrum.broaden import Spectrum
from core.spectrum.cross_sections import level_intensities, table_of
from core.spectrum.metrics import Figures
from core.spectrum.target import target_from_spectrum
from core.structure.molecule import Molecule

MEASURED_LIKE_FILE = "measured_like.json"
MADE_SEED = 40
MADE_RANGE_EV = (7.0, 20.5)  # of ionisation energies, as He I shows
MADE_STEP_EV = 0.02
MADE_WIDTH_EV = (0.10, 0.30)  # of a band's Gaussian
TAIL = (0.5, 2.0)  # of its exponential tail to deeper energies, times the width
CALIBRATION_EV = 0.05  # by which the axis may be off
BACKGROUND = (0.05, 0.20)  # of the highest point, rising along the axis
COUNTS = 1500  # at the highest point, with Poisson noise
PHOTONS = "he1"


def made_spectra(labels: LabelSet, base: ExplainingModel, *, seed: int = MADE_SEED) -> list[Spectrum]:
    """Return a spectrum of each label as He I would show it: cross-sections, asymmetric bands, background, noise, a shifted axis.

    Parameters
    ----------
    labels : LabelSet
        Of ionisation energies, with the overlap of orbitals.
    base : learner
        For the weights of atoms and shells in each level, which the cross-sections weigh.
    """
    rng = np.random.default_rng(seed)
    table = table_of(PHOTONS)
    found = []
    rows = zip(base.explain_levels(labels.geometries()), labels.levels(), labels.table[OVERLAP], strict=True)
    for own, label, overlap in rows:
        n_levels = len(label.valence_ev)
        place = paired_levels(overlap, n_levels)
        weights, s_weights = own.levels.atom_weights, own.levels.s_weights
        if weights is None or s_weights is None:
            raise InputError(f"{base.key} does not say on which atoms its levels lie")
        strengths = level_intensities(own.geometry.numbers, weights[place], s_weights[place], table=table)
        known = np.isfinite(label.valence_ev)
        found.append(made_spectrum(-label.valence_ev[known], strengths[known], rng))
    return found


def made_spectrum(energies_ev: np.ndarray, strengths: np.ndarray, rng: np.random.Generator) -> Spectrum:
    """Return counts on the axis of orbital energies (minus ionisation energies) of bands at ionisation energies (n,) [eV]."""
    axis = np.arange(MADE_RANGE_EV[0], MADE_RANGE_EV[1], MADE_STEP_EV)
    widths, tails = rng.uniform(*MADE_WIDTH_EV, len(energies_ev)), rng.uniform(*TAIL, len(energies_ev))
    middles = energies_ev + rng.uniform(-CALIBRATION_EV, CALIBRATION_EV)
    bands = exponnorm.pdf(axis[:, None], tails, loc=middles - widths * tails, scale=widths)  # means at the energies
    curve = bands @ strengths
    rise = np.linspace(0.3, 1.0, len(axis)) * rng.uniform(*BACKGROUND)
    counts = rng.poisson(COUNTS * (curve / curve.max() + rise))
    return Spectrum(-axis[::-1], counts[::-1].astype(float), "as if measured")


def measure_measured_like(
    scan: pd.DataFrame,
    labels: LabelSet,
    base: ExplainingModel,
    *,
    out: Path = COMPARISON,
    progress: Progress = report_nothing,
) -> Figures:
    """Rank the candidates against a spectrum made of each label, as is proposed for measured ones; write and return the figures.

    Returns
    -------
    dict
        n, n_candidates (constitutions), first, first_ten, first_hundred (shares), median_place; sharpness, see
        `core.screening.probability`; "halves": of each half of the spectra, the sharpness that the other half gives, and the mean
        logarithm of the right constitution's probability; expected and found share within the first ten; "spectra": smiles and
        place of each.
    """
    rows: list[Figures] = []
    scores: list[tuple[np.ndarray, int]] = []
    spectra = made_spectra(labels, base)
    for number, (spectrum, smiles) in enumerate(zip(spectra, labels.table["smiles"], strict=True)):
        target = target_from_spectrum(spectrum, is_measured=True)
        ranking = rank_as_chosen(scan, target, propose_options(target, of_ionisation=True), top=None)
        place = place_constitution(ranking, Molecule(smiles).inchikey)
        if place is not None:
            rows.append({"smiles": smiles, "place": place})
            scores.append((constitution_scores(ranking), place - 1))
        progress(number + 1, len(spectra))
    places = np.array([row["place"] for row in rows])
    figures: Figures = {
        "n": len(rows),
        "n_candidates": len(scores[0][0]),
        "first": float((places == 1).mean()),
        "first_ten": float((places <= 10).mean()),
        "first_hundred": float((places <= 100).mean()),
        "median_place": float(np.median(places)),
        "sharpness": fit_sharpness(scores),
        "halves": check_sharpness(scores),
        "spectra": rows,
    }
    write_text(out / MEASURED_LIKE_FILE, json.dumps(figures, indent=1))
    return figures


def check_sharpness(scores: Sequence[tuple[np.ndarray, int]]) -> Figures:
    """Return how true probabilities are whose sharpness the other half of the spectra gives.

    Returns
    -------
    dict
        mean_log_probability of the right constitutions, that of as many drawn blindly; expected_first_ten, found_first_ten.
    """
    halves = [list(scores[k::2]) for k in (0, 1)]
    logs, expected, found = [], [], []
    for own, other in ((halves[0], halves[1]), (halves[1], halves[0])):
        sharpness = fit_sharpness(other)
        for values, place in own:
            chances = np.exp(log_probability(values, sharpness))
            logs.append(float(np.log(chances[place])))
            expected.append(float(chances[:N_LIKELIEST].sum()))
            found.append(place < N_LIKELIEST)
    return {
        "mean_log_probability": float(np.mean(logs)),
        "blind_log_probability": float(-np.log(len(scores[0][0]))),
        "expected_first_ten": float(np.mean(expected)),
        "found_first_ten": float(np.mean(found)),
    }
