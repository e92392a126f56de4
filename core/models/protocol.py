"""What every learner promises."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, TypeGuard

import numpy as np

from core.errors import DomainError
from core.models.card import LEVELS, ModelCard
from core.spectrum.broaden import broaden
from core.spectrum.levels import N_BAND, Levels
from core.structure.geometry import Geometry, count_valence_levels
from core.theory import REFERENCE_THEORY

if TYPE_CHECKING:
    from core.labels.label_set import LabelSet


class Verdict(StrEnum):
    """How a molecule stands to those that were trained on, by its strangest heavy atom.

    INSIDE: no stranger than in 95 % of the validation molecules of at least five heavy atoms. NEAR: stranger than that.
    OUTSIDE: stranger than in 99 %.
    """

    INSIDE = "inside"
    NEAR = "near"
    OUTSIDE = "outside"


@dataclass(frozen=True)
class Familiarity:
    """What a network says of one molecule's atoms.

    Attributes
    ----------
    verdict : Verdict
    atoms : tuple of int
        Places of the heavy atoms that are not inside, the strangest first; () where all are.
    nearest : tuple of str
        SMILES of the training molecules whose atoms are most like the strangest one.
    """

    verdict: Verdict
    atoms: tuple[int, ...]
    nearest: tuple[str, ...]


class Learner(Protocol):
    """Geometries in, spectra out."""

    @property
    def key(self) -> str:
        """Its name in files and on the command line."""
        ...

    @property
    def card(self) -> ModelCard:
        """What it was trained on, and how well it predicts."""
        ...

    def check(self, geometry: Geometry) -> None:
        """Raise DomainError if a geometry is outside this learner's domain: elements, size, number of levels."""
        ...

    def predict_spectra(self, geometries: Sequence[Geometry]) -> np.ndarray:
        """Return the headline spectra (n_molecules, 300) [states/eV] on GRID_EV: the band of 16, sigma 0.5 eV."""
        ...


class LevelModel(Learner, Protocol):
    """A learner that predicts levels."""

    def predict_levels(self, geometries: Sequence[Geometry], *, weights: bool = False) -> list[Levels]:
        """Return levels in the order of the geometries, which must have passed `check_geometry` and `check`.

        Some learners know the band only: then there are N_BAND valence levels, and the LUMO is nan. With `weights`,
        each has its atom and s weights, where the learner has any. Invariant: the same molecule alone or in company,
        turned, shifted, mirrored or renumbered has the same levels to 1e-4 eV.
        """
        ...

    def calibrate(self, training: LabelSet, validation: LabelSet, rmse_ev: np.ndarray) -> None:
        """Fit the error to expect of a molecule to the validation molecules' RMSEs, and write it beside the weights."""
        ...


@dataclass(frozen=True, eq=False)
class ExplainedLevels:
    """A molecule's levels with all that a network knows of them.

    Attributes
    ----------
    geometry : Geometry
    levels : Levels
        With atom and s weights.
    features : (n_atoms, n_features)
        What the network knows of each atom.
    """

    geometry: Geometry
    levels: Levels
    features: np.ndarray


class ExplainingModel(LevelModel, Protocol):
    """A learner whose levels come with what it knows of the atoms that they lie on."""

    def explain_levels(self, geometries: Sequence[Geometry]) -> list[ExplainedLevels]:
        """Return levels with weights as `predict_levels` does, and the features of the atoms."""
        ...


class FamiliarModel(LevelModel, Protocol):
    """A learner that knows which of a molecule's atoms are unlike those that it was trained on."""

    def familiarity(self, geometry: Geometry) -> Familiarity | None:
        """Return what it says of one molecule; None while it is being made."""
        ...


def judges_familiarity(learner: LevelModel) -> TypeGuard[FamiliarModel]:
    """Return whether a learner knows its training molecules atom by atom."""
    return hasattr(learner, "familiarity")


def explains_levels(learner: LevelModel) -> TypeGuard[ExplainingModel]:
    """Return whether a learner knows its levels atom by atom."""
    return hasattr(learner, "explain_levels")


def predicts_levels(learner: Learner) -> TypeGuard[LevelModel]:
    """Return whether a learner predicts levels, by its card."""
    return learner.card.form == LEVELS


def is_of_reference(learner: Learner) -> bool:
    """Return whether a learner predicts the reference's level of theory, by its card."""
    return learner.card.level_of_theory == str(REFERENCE_THEORY)


def check_band(geometry: Geometry) -> None:
    """Raise DomainError if a molecule has fewer than N_BAND valence levels: what a learner of the band cannot predict."""
    n_levels = count_valence_levels(geometry)
    if n_levels < N_BAND:
        raise DomainError(f"a band needs {N_BAND} valence levels, {geometry.formula} has {n_levels}")


def headline_spectra(levels: Sequence[Levels]) -> np.ndarray:
    """Return the headline spectra (n_molecules, 300) [states/eV]; of all valence levels where there are fewer than 16."""
    return np.array([broaden(x.band_ev if x.has_band else x.valence_ev) for x in levels])


def covers(learner: Learner, geometry: Geometry) -> bool:
    """Return whether a geometry is within a learner's domain."""
    try:
        learner.check(geometry)
    except DomainError:
        return False
    return True


def within_domain(model: Learner, labels: LabelSet) -> LabelSet:
    """Return the rows within the learner's domain; a network of fixed size knows no larger molecule."""
    return labels.select([covers(model, g) for g in labels.geometries()])
