"""Accuracy on labels: predicted against reference, by kind of geometry, and from SMILES alone."""

from core.errors import DomainError, EigenscopeError, InputError
from core.labels.label_set import LabelSet
from core.machine.progress import Progress
from core.models.protocol import Learner, LevelModel, headline_spectra, predicts_levels, within_domain
from core.readers.identity import molecule_from_geometry
from core.spectrum.levels import N_BAND
from core.spectrum.metrics import Figures, evaluate_levels, evaluate_spectra
from core.structure.entry import OK, Entry
from core.structure.geometry import Geometry
from core.structure.molecule import Molecule
from core.structure.place import GeometryMode, place_entries, placement_of


def evaluate_labels(model: Learner, labels: LabelSet) -> Figures:
    """Return `evaluate_levels` (of a learner of spectra, `evaluate_spectra`) over all rows within the learner's domain.

    Returns
    -------
    dict
        Also "n_refused", rows outside the learner's domain, where there are any, and under "by_geometry" the same for
        each kind of geometry where there are several.

    Raises
    ------
    DomainError
        If there is no such row.
    """
    within = within_domain(model, labels)
    if not len(within):
        raise DomainError(f"{model.key} covers none of the {len(labels)} labelled molecules")
    result = evaluate_within(model, within)
    if len(within) < len(labels):
        result["n_refused"] = len(labels) - len(within)
    kinds = sorted(set(within.table["geometry"])) if "geometry" in within.table else []
    if len(kinds) > 1:
        parts = {str(kind): within.select(within.table["geometry"] == kind) for kind in kinds}
        result["by_geometry"] = {kind: evaluate_within(model, part) for kind, part in parts.items()}
    return result


def evaluate_within(model: Learner, labels: LabelSet) -> Figures:
    """Return the accuracy over rows that are all within the learner's domain."""
    if predicts_levels(model):
        return evaluate_levels(model.predict_levels(labels.geometries()), labels.levels())
    with_band = labels.select([levels.has_band for levels in labels.levels()])
    if not len(with_band):
        reason = f"spectra are compared by their bands, no reference has {N_BAND} valence levels"
        return {"n": 0, "not_computed": dict.fromkeys(("rse", "mean_area"), reason)}
    return evaluate_spectra(model.predict_spectra(with_band.geometries()), headline_spectra(with_band.levels()))


def evaluate_from_smiles(
    model: LevelModel,
    labels: LabelSet,
    *,
    mode: GeometryMode = "xtb",
    progress: Progress | None = None,
) -> Figures:
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
