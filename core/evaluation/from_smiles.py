"""Accuracy from SMILES alone: labels' molecules made anew, as a user's are, and held against their references."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.errors import EigenscopeError, InputError
from core.labels.label_set import LabelSet
from core.machine.progress import Progress
from core.models.geometry.correction import correct_ensembles
from core.models.protocol import LevelModel
from core.predict import predict_molecules
from core.readers.identity import molecule_from_geometry
from core.spectrum.levels import Levels
from core.spectrum.metrics import Figures, evaluate_levels
from core.structure.entry import OK, Entry
from core.structure.geometry import Geometry
from core.structure.molecule import Molecule
from core.structure.place import ConformerMode, GeometryMode, place_entries, placement_of


@dataclass(frozen=True, eq=False)
class FromSmiles:
    """What a model predicts of labels' molecules from SMILES alone.

    Attributes
    ----------
    rows : list of int
        Places in the labels of those that got a geometry.
    smiles : list of str
    levels : list of Levels
        Averaged over conformers where there are several.
    spreads_ev : (n,) float64
        Over the conformers; 0 of one.
    """

    rows: list[int]
    smiles: list[str]
    levels: list[Levels]
    spreads_ev: np.ndarray


def evaluate_from_smiles(model: LevelModel, labels: LabelSet, *, progress: Progress | None = None) -> Figures:
    """Return the accuracy when only the SMILES is known, against the reference at the labelled geometry.

    The stereochemistry is read from the labelled geometry, then that geometry is forgotten: conformers are found and
    averaged as a user's are. Most of the error is that the reference stands on one conformer.

    Returns
    -------
    dict
        `evaluate_levels`, and "failed": id to reason for molecules that got no geometry.
    """
    rows, entries, failed = remake_geometries(labels, conformers="ensemble", progress=progress)
    made, reference = predict_made(model, rows, entries, is_moved=True), labels.levels()
    return evaluate_levels(made.levels, [reference[k] for k in made.rows]) | {"failed": failed}


def predict_made(model: LevelModel, rows: Sequence[int], entries: Sequence[Entry], *, is_moved: bool) -> FromSmiles:
    """Return what a model predicts of entries that have a geometry, their rows beside them."""
    molecules = [entry.conformers for entry in entries if entry.conformers is not None]
    predicted = predict_molecules(correct_ensembles(molecules) if is_moved else molecules, model)
    smiles = [entry.molecule.smiles if entry.molecule else "" for entry in entries]
    good = [k for k, p in enumerate(predicted) if p.levels is not None]
    levels = [p.levels for p in predicted if p.levels is not None]
    spreads = np.nan_to_num([predicted[k].conformer_spread_ev for k in good])
    return FromSmiles([rows[k] for k in good], [smiles[k] for k in good], levels, spreads)


def remake_geometries(
    labels: LabelSet, *, mode: GeometryMode = "xtb", conformers: ConformerMode = "one", progress: Progress | None = None
) -> tuple[list[int], list[Entry], dict[str, str]]:
    """Return labels' rows, their entries with a geometry made anew from the SMILES alone, and {id: why there is none}.

    The stereochemistry is read from the labelled geometry, which is then forgotten.
    """
    known: list[tuple[int, Entry]] = []
    failed: dict[str, str] = {}
    for k, geometry in enumerate(labels.geometries()):
        name = str(labels.table["id"].iloc[k])
        try:
            known.append((k, Entry(row=k + 1, id=name, molecule=stereo_from_geometry(geometry))))
        except EigenscopeError as error:
            failed[name] = str(error)
    rows, entries = [], []
    placed = place_entries([entry for _, entry in known], placement_of(mode, conformers))
    for done, ((k, _), entry) in enumerate(zip(known, placed, strict=True), start=1):
        if entry.status == OK:
            rows.append(k)
            entries.append(entry)
        else:
            failed[entry.id] = entry.reason
        if progress:
            progress(done, len(known))
    return rows, entries, failed


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
