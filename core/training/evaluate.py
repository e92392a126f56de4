"""Accuracy on labels: predicted against reference, by kind of geometry, and from SMILES alone."""

from collections.abc import Callable

import numpy as np

from core.entries import OK, Entry
from core.errors import EigenscopeError, InputError
from core.geometry import Geometry
from core.metrics import evaluate_levels, rmse
from core.models.protocol import LevelModel
from core.molecule import Molecule
from core.predict import GeometryMode, place_entries
from core.readers.xyz import molecule_from_geometry
from core.reference.datasets import LabelSet
from core.spectrum import Levels


def evaluate_labels(model: LevelModel, labels: LabelSet) -> dict:
    """Return `evaluate_levels` over all rows, and under "by_geometry" for each kind of geometry."""
    predicted, reference = model.predict_levels(labels.geometries()), labels.levels()
    result = evaluate_levels(predicted, reference)
    if "geometry" in labels.table:
        kinds = labels.table["geometry"].to_numpy()
        result["by_geometry"] = {
            str(kind): evaluate_levels(*([x[k] for k in np.flatnonzero(kinds == kind)] for x in (predicted, reference)))
            for kind in sorted(set(kinds))
        }
    return result


def evaluate_from_smiles(
    model: LevelModel,
    labels: LabelSet,
    *,
    mode: GeometryMode = "xtb",
    progress: Callable[[int, int], None] | None = None,
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
    for done, (k, entry) in enumerate(zip(rows, place_entries(entries, mode=mode), strict=True), start=1):
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
    """Return (n,) RMSE over each molecule's band [eV], or over all its valence levels where it has no band."""
    return np.array([
        rmse(p.band_ev, r.band_ev) if r.has_band else rmse(p.valence_ev, r.valence_ev)
        for p, r in zip(predicted, reference, strict=True)
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
