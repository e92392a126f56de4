"""Does the right molecule come out on top? Reference spectra as targets, the home library as candidates."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from core.assets import HOME_LIBRARY
from core.errors import InputError
from core.evaluation.from_smiles import stereo_from_geometry
from core.labels.label_set import LabelSet
from core.library.store import load_library
from core.models.protocol import LevelModel
from core.screening.comparison import METRICS
from core.screening.ranking import AVERAGE, Scores, score_candidates
from core.screening.scan import scan_library
from core.spectrum.broaden import broaden
from core.spectrum.levels import Levels
from core.spectrum.metrics import Figures, rse
from core.spectrum.target import target_from_levels
from core.structure.geometry import Geometry
from core.structure.molecule import Molecule
from core.structure.stereochemistry import mirror_image

FORMULA = "C7H10O2"
CONSTITUTION_LETTERS = 14  # letters of an InChIKey that tell it
RELAXED = "dft"  # the geometry the reference was computed at: relaxed, not rattled

Placing = tuple[int, float, bool]  # rank, score, whether the first has the right constitution


def check_ranking(model: LevelModel, labels: LabelSet, *, library: pd.DataFrame | None = None) -> Figures:
    """Return how often a molecule's reference spectrum finds that molecule in a library.

    For every C7H10O2 molecule of the labels (their `test` rows at relaxed geometries, where they say so), its reference
    band is the target and the model's predictions at the library's own geometries are the candidates. Right is the
    candidate of the same InChIKey or its mirror image's; the stereochemistry of the target is read from the
    reference's geometry, which is not otherwise used. Several right ones (conformers) count as the best of them.

    Parameters
    ----------
    model : LevelModel
    labels : LabelSet
    library : DataFrame, optional
        The home library when left out.

    Returns
    -------
    dict
        n targets; n_in_library, and the ids of the others in not_in_library; n_candidates; by RSE: first and
        first_ten (numbers of targets), first_constitution (a stereoisomer of the right one was first), median_rank,
        mean_rse of the right candidates; by_metric, the same for each of METRICS; at_reference_geometry, the same by
        RSE when the right candidate is predicted at the reference's own geometry in place of the library's, which
        leaves the model's error without the conformer's; conformers_averaged, the same by RSE when the average of its
        conformers stands for each candidate, not the one that fits best; ranks {id: rank by RSE}.

    Raises
    ------
    InputError
        If no label is a C7H10O2 molecule, or the library has none of them.
    """
    chosen, molecules = find_targets(labels)
    scan = scan_library(load_library(HOME_LIBRARY) if library is None else library, model)
    reference, ids = chosen.levels(), chosen.table["id"].astype(str).tolist()
    keys = [set() if m is None else {m.inchikey, mirror_image(m).inchikey} for m in molecules]
    present = [k for k, own in enumerate(keys) if scan["inchikey"].isin(own).any()]
    if not present:
        raise InputError(f"the library must hold one of the {len(ids)} {FORMULA} molecules of the labels, found none")
    placings: dict[str, list[Placing]] = {metric: [] for metric in METRICS}
    own, averaged = [], []
    at_home = model.predict_levels([chosen.geometries()[k] for k in present])
    for k, predicted in zip(present, at_home, strict=True):
        target = target_from_levels(reference[k].band_ev, "reference")
        scored = {metric: score_candidates(scan, target, metric=metric) for metric in METRICS}
        for metric in METRICS:
            placings[metric].append(rank_of(scan, scored[metric], keys[k]))
        own.append(rank_at_reference(scan, scored["rse"], reference[k], predicted, keys=keys[k]))
        averaged.append(rank_of(scan, score_candidates(scan, target, conformers=AVERAGE), keys[k]))
    by_metric = {metric: summarise_placings(ranked) for metric, ranked in placings.items()}
    return {
        "n": len(ids),
        "n_in_library": len(present),
        "not_in_library": [name for k, name in enumerate(ids) if k not in set(present)],
        "n_candidates": int((scan["status"] == "ok").sum()),
        **by_metric["rse"],
        "mean_rse": float(np.mean([score for _, score, _ in placings["rse"]])),
        "by_metric": by_metric,
        "at_reference_geometry": summarise_placings(own),
        "conformers_averaged": summarise_placings(averaged),
        "ranks": {ids[k]: rank for k, (rank, _, _) in zip(present, placings["rse"], strict=True)},
    }


def find_targets(labels: LabelSet) -> tuple[LabelSet, list[Molecule | None]]:
    """Return the C7H10O2 rows to use as targets and their molecules, None where the bonds cannot be told."""
    table = labels.table
    mask = np.array([formula_is_home(z) for z in table["numbers"]], dtype=bool)
    mask &= np.array([levels.has_band for levels in labels.levels()], dtype=bool)
    if "split" in table and (table["split"] == "test").any():
        mask &= (table["split"] == "test").to_numpy()
    if "geometry" in table and (table["geometry"] == RELAXED).any():
        mask &= (table["geometry"] == RELAXED).to_numpy()
    chosen = labels.select(mask)
    if not len(chosen):
        raise InputError(f"labels must hold {FORMULA} molecules with a band for a ranking check, found none")
    return chosen, [read_molecule(g) for g in chosen.geometries()]


def read_molecule(geometry: Geometry) -> Molecule | None:
    """Return the molecule of a geometry, stereochemistry included; None where its bonds cannot be told."""
    try:
        return stereo_from_geometry(geometry)
    except InputError:
        return None


def formula_is_home(numbers: Sequence[int] | np.ndarray) -> bool:
    """Return whether atomic numbers make up C7H10O2."""
    elements, counts = np.unique(np.asarray(numbers), return_counts=True)
    return dict(zip(elements.tolist(), counts.tolist(), strict=True)) == {6: 7, 1: 10, 8: 2}


def rank_of(scan: pd.DataFrame, scored: Scores, keys: set[str]) -> Placing:
    """Return rank and score of the best right candidate, and whether its constitution is the first's."""
    inchikeys = scan["inchikey"].to_numpy()[scored.order]
    place = int(np.isin(inchikeys, list(keys)).argmax())
    score = float(scored.scores[scored.order[place]])
    if not np.isfinite(score):  # its levels were not predicted
        return len(scan) + 1, float("nan"), False
    return place + 1, score, str(inchikeys[0])[:CONSTITUTION_LETTERS] in {k[:CONSTITUTION_LETTERS] for k in keys}


def rank_at_reference(
    scan: pd.DataFrame, scored: Scores, reference: Levels, predicted: Levels, *, keys: set[str]
) -> Placing:
    """Return what `rank_of` does by RSE, the right candidate's levels being those at the reference's geometry."""
    inchikeys = scan["inchikey"].to_numpy()[scored.order]
    others = ~np.isin(inchikeys, list(keys))
    score = float(rse(broaden(predicted.band_ev), broaden(reference.band_ev)))
    rank = int((scored.scores[scored.order][others] < score).sum()) + 1
    first = inchikeys[others][0] if rank > 1 else min(keys)
    return rank, score, str(first)[:CONSTITUTION_LETTERS] in {k[:CONSTITUTION_LETTERS] for k in keys}


def summarise_placings(placings: Sequence[Placing]) -> Figures:
    """Return first, first_ten, first_constitution (numbers) and median_rank of (rank, score, right constitution)."""
    ranks = np.array([rank for rank, _, _ in placings])
    return {
        "first": int((ranks == 1).sum()),
        "first_ten": int((ranks <= 10).sum()),
        "first_constitution": sum(right for _, _, right in placings),
        "median_rank": float(np.median(ranks)),
    }
