"""Calibrate a learner's expected error: on validation molecules, and on molecules unlike those that it was trained on."""

from collections.abc import Sequence
from pathlib import Path

from core.errors import InputError
from core.labels.label_set import LabelSet, calibration_parts, join_labels, load_labels
from core.models.card import ModelCard, load_card
from core.models.fitting.recipe import TrainOptions
from core.models.protocol import LevelModel, predicts_levels, within_domain
from core.models.registry import load_folder
from core.models.uncertainty.calibrator import EXPECTED_ERROR_FILE
from core.models.uncertainty.evaluator import check_calibration
from core.spectrum.metrics import per_molecule_rmse
from core.training.describe import save_card
from core.training.parts import training_parts


def calibrate(model: LevelModel, *, train: LabelSet, valid: LabelSet) -> None:
    """Fit and save the expected error of a learner of levels: errors of `valid` against distance from the training."""
    train, valid = within_domain(model, train), within_domain(model, valid)
    errors = per_molecule_rmse(model.predict_levels(valid.geometries()), valid.levels())
    model.calibrate(train.geometries(), valid.geometries(), errors)


def calibrate_anew(
    folder: Path, *, labels: Path, foreign: Sequence[Path], options: TrainOptions | None = None
) -> ModelCard:
    """Calibrate a trained learner again, and write its expected error and card; its weights stay as they are.

    Parameters
    ----------
    folder : Path
        The learner's.
    labels : Path
        What it was trained on: distances are from its training part, and its validation part is calibrated on.
    foreign : sequence of Path
        Labels that it was not trained on. Half of their molecules, by `calibration_parts`, is calibrated on too.

    Raises
    ------
    InputError
        If it is a learner of spectra: it expects no error.
    """
    forget_calibration(load_card(folder), folder)
    model = load_calibrated(folder)
    known = load_labels(labels)
    train, valid = training_parts(known, options or TrainOptions(labels=labels))
    parts = [calibration_parts(load_labels(path))[0] for path in foreign]
    calibrate(model, train=train, valid=join_labels(valid, *parts))
    model = load_calibrated(folder)
    figures = check_calibration(model, within_domain(model, known.split("test")))
    figures |= {"n_validation": len(valid), "n_foreign": sum(len(within_domain(model, part)) for part in parts)}
    figures["foreign"] = [path.name for path in foreign]
    return save_card(model.card.model_copy(update={"calibration": figures}), folder)


def forget_calibration(card: ModelCard, folder: Path) -> None:
    """Take out a learner's expected error, which another estimator would not read, and write its card without it."""
    (folder / EXPECTED_ERROR_FILE).unlink(missing_ok=True)
    save_card(card, folder)


def load_calibrated(folder: Path) -> LevelModel:
    """Return the learner of levels in a folder; see `calibrate_anew` for what is raised."""
    model = load_folder(folder, device="cpu")
    if not predicts_levels(model):
        raise InputError(f"{folder.name} predicts spectra, and only errors of levels are expected")
    return model
