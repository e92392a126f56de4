"""Accuracy on labels: predicted against reference, by kind of geometry, and from SMILES alone."""

import numpy as np

from core.errors import DomainError, EigenscopeError, InputError
from core.labels.label_set import LabelSet
from core.machine.progress import Progress
from core.models.card import LEVELS
from core.models.protocol import Learner, LevelModel, answerable, spectra_of_levels
from core.readers.xyz import molecule_from_geometry
from core.spectrum.levels import N_BAND, Levels
from core.spectrum.metrics import evaluate_levels, evaluate_spectra, rmse
from core.structure.entry import OK, Entry
from core.structure.geometry import Geometry
from core.structure.molecule import Molecule
from core.structure.place import GeometryMode, place_entries, placement_of


def evaluate_labels(model: Learner, labels: LabelSet) -> dict:
    """Return `evaluate_levels` (of a learner of spectra, `evaluate_spectra`) over all rows that the learner answers.

    Returns
    -------
    dict
        Also "n_refused", rows outside the learner's domain, where there are any, and under "by_geometry" the same for
        each kind of geometry where there are several.

    Raises
    ------
    DomainError
        If the learner answers no row.
    """
    within = answerable(model, labels)
    if not len(within):
        raise DomainError(f"{model.key} covers none of the {len(labels)} labelled molecules")
    result = evaluate_answers(model, within)
    if len(within) < len(labels):
        result["n_refused"] = len(labels) - len(within)
    kinds = sorted(set(within.table["geometry"])) if "geometry" in within.table else []
    if len(kinds) > 1:
        parts = {str(kind): within.select(within.table["geometry"] == kind) for kind in kinds}
        result["by_geometry"] = {kind: evaluate_answers(model, part) for kind, part in parts.items()}
    return result


def evaluate_answers(model: Learner, labels: LabelSet) -> dict:
    """Return the accuracy over rows that the learner can all be asked about."""
    if model.card.form == LEVELS:
        return evaluate_levels(model.predict_levels(labels.geometries()), labels.levels())  # type: ignore[attr-defined]
    with_band = labels.select([levels.has_band for levels in labels.levels()])
    if not len(with_band):
        reason = f"spectra are compared by their bands, no reference tells {N_BAND} valence levels"
        return {"n": 0, "not_computed": dict.fromkeys(("rse", "mean_area"), reason)}
    return evaluate_spectra(model.predict_spectra(with_band.geometries()), spectra_of_levels(with_band.levels()))


def evaluate_from_smiles(
    model: LevelModel,
    labels: LabelSet,
    *,
    mode: GeometryMode = "xtb",
    progress: Progress | None = None,
) -> dict:
    """Return the accuracy when only the SMILES is known, against the reference at the labelled geometry.

    The stereochemistry is read from the labelled geometry, then that geometry is forgotten: the molecule is embedded
    and relaxed as a user's would be. Most of the error is that of another conformer.

    Returns
    -------
    dict
        `evaluate_levels`, and "failed": id to reason for molecules that got no geometry.
    """
    entries, rows = [], []
    failed: dict[str, str] = {}
    for k, geometry in enumerate(labels.geometries()):
        name = str(labels.table["id"].iloc[k])
        try:
            entries.append(Entry(row=k + 1, id=name, molecule=stereo_from_geometry(geometry)))
            rows.append(k)
        except EigenscopeError as error:
            failed[name] = str(error)
    reference = labels.levels()
    geometries, truth = [], []
    for done, (k, entry) in enumerate(zip(rows, place_entries(entries, placement_of(mode)), strict=True), start=1):
        if entry.status == OK and entry.geometry is not None:
            geometries.append(entry.geometry)
            truth.append(reference[k])
        else:
            failed[entry.id] = entry.reason
        if progress:
            progress(done, len(entries))
    return evaluate_levels(model.predict_levels(geometries), truth) | {"failed": failed, "geometry": mode}


def stereo_from_geometry(geometry: Geometry) -> Molecule:
    """Return the molecule, stereochemistry included, that a 3-D geometry shows.

    Raises
    ------
    InputError
        If no bonding pattern fits the distances.
    """
    molecule = molecule_from_geometry(geometry)
    if molecule is None:
        raise InputError("no bonding pattern fits the geometry")
    return molecule


def per_molecule_rmse(predicted: list[Levels], reference: list[Levels]) -> np.ndarray:
    """Return (n,) RMSE over each molecule's band [eV], or over all its known valence levels where it has no band."""
    known = [min(N_BAND, r.n_known) for r in reference]
    return np.array([
        rmse(p.valence_ev[-n:], r.valence_ev[-n:]) for p, r, n in zip(predicted, reference, known, strict=True)
    ])  # fmt: skip


def check_calibration(model: LevelModel, labels: LabelSet) -> dict:
    """Return how honest the expected errors are: on the labels, what was expected and what came out.

    Returns
    -------
    dict
        expected_rmse_ev and rmse_ev of all; "fifths": the same for the five groups of ascending expectation;
        "within_twice": part of the molecules whose RMSE is at most twice the expected one.
    """
    predicted, reference = model.predict_levels(labels.geometries()), labels.levels()
    expected = np.array([p.spread_ev for p in predicted])
    measured = per_molecule_rmse(predicted, reference)

    def root_mean_square(x: np.ndarray) -> float:
        return float(np.sqrt(np.mean(x**2)))

    fifths = np.array_split(np.argsort(expected, kind="stable"), 5)
    return {
        "n": len(expected),
        "expected_rmse_ev": root_mean_square(expected),
        "rmse_ev": root_mean_square(measured),
        "fifths": [
            {"expected_rmse_ev": root_mean_square(expected[f]), "rmse_ev": root_mean_square(measured[f])}
            for f in fifths
            if len(f)
        ],
        "within_twice": float(np.mean(measured <= 2 * expected)),
    }
