"""Calibrate a learner's expected error on validation molecules, against their distance from the training molecules."""

from pathlib import Path

from core.errors import InputError
from core.labels.label_set import LabelSet, join_labels, load_labels
from core.labels.splits import TEST
from core.models.card import ModelCard, load_card
from core.models.fitting.recipe import TrainOptions
from core.models.protocol import LevelModel, predicts_levels, within_domain
from core.models.registry import load_folder
from core.models.uncertainty.calibrator import EXPECTED_ERROR_FILE
from core.models.uncertainty.evaluator import check_calibration
from core.models.uncertainty.familiarity import FAMILIARITY_FILE
from core.models.uncertainty.lumo import LUMO_ERROR_FILE, fit_lumo_error
from core.models.uncertainty.profile import LEVEL_ERRORS_FILE, fit_level_profile
from core.spectrum.metrics import per_molecule_rmse
from core.training.describe import save_card
from core.training.parts import training_parts


def calibrate(folder: Path, *, train: LabelSet, valid: LabelSet) -> None:
    """Fit and save the expected error of a learner of levels: errors of `valid` against distance from the training."""
    model = load_calibrated(folder)
    train, valid = within_domain(model, train), within_domain(model, valid)
    errors = per_molecule_rmse(model.predict_levels(valid.geometries()), valid.levels())
    model.calibrate(train, valid, errors)
    calibrate_levels(folder, valid)


def calibrate_levels(folder: Path, valid: LabelSet) -> None:
    """Fit and save how the error expected of a band goes with its levels, where the learner does not know each level's own."""
    for name in (LEVEL_ERRORS_FILE, LUMO_ERROR_FILE):
        (folder / name).unlink(missing_ok=True)
    model = load_calibrated(folder)
    valid = within_domain(model, valid)
    predicted = model.predict_levels(valid.geometries())
    if all(levels.level_errors_ev is None for levels in predicted):
        fit_level_profile(predicted, valid.levels()).save(folder)
    lumo = fit_lumo_error(predicted, valid.levels())
    if lumo is not None:
        lumo.save(folder)


def calibrate_anew(folder: Path, *, options: TrainOptions) -> ModelCard:
    """Calibrate a trained learner again, and write its expected error and card; its weights stay as they are.

    Parameters
    ----------
    folder : Path
        The learner's.
    options : TrainOptions
        Whose labels it was trained on: distances are from their training part, and their validation part is calibrated on.

    Raises
    ------
    InputError
        If it is a learner of spectra: it expects no error.
    """
    forget_calibration(load_card(folder), folder)
    labels = load_labels(options.labels)
    train, valid = training_parts(join_labels(labels, *map(load_labels, options.more_labels)), options)
    calibrate(folder, train=train, valid=valid)
    model = load_calibrated(folder)
    figures = check_calibration(model, within_domain(model, labels.split(TEST)))
    return save_card(model.card.model_copy(update={"calibration": figures, "n_validation": len(valid)}), folder)


def forget_calibration(card: ModelCard, folder: Path) -> None:
    """Take out a learner's expected error, which another estimator would not read, and write its card without it."""
    for name in (EXPECTED_ERROR_FILE, FAMILIARITY_FILE, LEVEL_ERRORS_FILE, LUMO_ERROR_FILE):
        (folder / name).unlink(missing_ok=True)
    save_card(card, folder)


def load_calibrated(folder: Path) -> LevelModel:
    """Return the learner of levels in a folder; see `calibrate_anew` for what is raised."""
    model = load_folder(folder, device="cpu")
    if not predicts_levels(model):
        raise InputError(f"{folder.name} predicts spectra, and only errors of levels are expected")
    return model
