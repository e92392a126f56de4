"""Accuracy on labels: predicted against reference, by kind of geometry."""

from core.errors import DomainError
from core.labels.label_set import LabelSet
from core.models.protocol import Learner, headline_spectra, predicts_levels, within_domain
from core.spectrum.levels import N_BAND
from core.spectrum.metrics import Figures, evaluate_levels, evaluate_spectra


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
