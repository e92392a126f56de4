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
from core.structure.place import ConformerMode, GeometryMode, place_entries, placement_of


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
    rows, entries, failed = remake_geometries(labels, mode=mode, progress=progress)
    reference = labels.levels()
    geometries = [entry.geometry for entry in entries if entry.geometry is not None]
    figures = evaluate_levels(model.predict_levels(geometries), [reference[k] for k in rows])
    return figures | {"failed": failed, "geometry": mode}


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
