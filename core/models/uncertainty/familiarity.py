"""Whether a molecule is of the kinds that a network learnt from: which of its atoms are not, and which molecules are nearest."""

from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict

from core.files import write_text
from core.models.folder import load_beside
from core.models.protocol import Familiarity, Verdict
from core.models.uncertainty.estimator import DISTANCES_AT_ONCE, FEWEST_HEAVY, AtomDistance, AtomFeatures

FAMILIARITY_FILE = "familiarity.json"  # beside a learner's weights
QUANTILE_NEAR, QUANTILE_OUTSIDE = 0.95, 0.99  # of the validation molecules' strangest heavy atoms
N_NEAREST = 3  # training molecules that are named
NO_MOLECULE = -1


class Surroundings(BaseModel):
    """Training molecules behind the centres of `AtomDistance`, and from which distance on an atom is strange.

    Attributes
    ----------
    near, outside : float
        Limits of distance.
    molecules : list of str
        SMILES of training molecules.
    of_centre : list of int
        For each centre the place in `molecules` of the one whose atom is nearest to it.
    """

    model_config = ConfigDict(extra="ignore")

    near: float
    outside: float
    molecules: list[str]
    of_centre: list[int]

    def judge(self, estimator: AtomDistance, inputs: AtomFeatures) -> Familiarity:
        """Return what is to be said of one molecule's atoms."""
        distances = np.where(inputs.is_counted, estimator.of_atoms(inputs), 0.0)
        order = np.argsort(-distances, kind="stable")
        strangest = float(distances[order[0]])
        verdict = (
            Verdict.OUTSIDE if strangest > self.outside else Verdict.NEAR if strangest > self.near else Verdict.INSIDE
        )
        atoms = tuple(int(k) for k in order if distances[k] > self.near)
        return Familiarity(verdict, atoms, self.nearest_to(estimator, inputs, int(order[0])))

    def nearest_to(self, estimator: AtomDistance, inputs: AtomFeatures, atom: int) -> tuple[str, ...]:
        """Return SMILES of the training molecules nearest to an atom; () where its element was never seen."""
        which = np.flatnonzero(estimator.elements == inputs.numbers[atom])
        if not len(which):
            return ()
        k = int(which[0])
        point = estimator.whitened(k, inputs.features[atom]).numpy()
        centres = np.flatnonzero(estimator.owner == k)
        by_distance = centres[np.argsort(np.linalg.norm(estimator.centres[centres] - point, axis=1))]
        found = dict.fromkeys(self.molecules[self.of_centre[c]] for c in by_distance)
        return tuple(found)[:N_NEAREST]

    def save(self, folder: Path) -> None:
        """Write FAMILIARITY_FILE into a learner's folder."""
        write_text(folder / FAMILIARITY_FILE, self.model_dump_json())


def find_surroundings(
    estimator: AtomDistance, training: AtomFeatures, smiles: list[str], validation: AtomFeatures
) -> Surroundings:
    """Return the molecules behind an estimator's centres, and limits by the validation molecules' strangest atoms.

    Those of fewer than FEWEST_HEAVY heavy atoms set no limits.

    Parameters
    ----------
    smiles : n_training SMILES
    """
    owners = nearest_molecules(estimator, training)
    used = sorted(set(owners.tolist()))
    place = {molecule: k for k, molecule in enumerate(used)}
    distances = np.where(validation.is_counted, estimator.of_atoms(validation), 0.0)
    strangest = np.zeros(len(validation))
    np.maximum.at(strangest, validation.molecule, distances)
    is_usual = validation.n_heavy >= FEWEST_HEAVY  # the smallest are strange, and there as many as can be written
    near, outside = np.quantile(strangest[is_usual] if is_usual.any() else strangest, (QUANTILE_NEAR, QUANTILE_OUTSIDE))
    return Surroundings(
        near=float(near),
        outside=float(outside),
        molecules=[smiles[k] for k in used],
        of_centre=[place[k] for k in owners.tolist()],
    )


def nearest_molecules(estimator: AtomDistance, training: AtomFeatures) -> np.ndarray:
    """Return (n_centres,) the place of the training molecule whose atom is nearest to each centre."""
    import torch

    owners = np.full(len(estimator.centres), NO_MOLECULE)
    for k, number in enumerate(estimator.elements.astype(int)):
        of_element = np.flatnonzero(estimator.owner == k)
        centres = torch.from_numpy(estimator.centres[of_element].astype(np.float64))
        least = np.full(len(of_element), np.inf)
        rows = np.flatnonzero(training.numbers == number)
        for start in range(0, len(rows), DISTANCES_AT_ONCE):
            some = rows[start : start + DISTANCES_AT_ONCE]
            points = estimator.whitened(k, training.features[some])
            nearest, which = torch.cdist(centres, points.to(torch.float64)).min(1)
            is_nearer = nearest.numpy() < least
            least[is_nearer] = nearest.numpy()[is_nearer]
            owners[of_element[is_nearer]] = training.molecule[some[which.numpy()[is_nearer]]]
    return owners


def load_surroundings(folder: Path) -> Surroundings | None:
    """Return what `Surroundings.save` wrote; None where there is none.

    Raises
    ------
    ModelError
        If the file holds something else.
    """
    return load_beside(folder / FAMILIARITY_FILE, Surroundings, tells="which molecules are familiar")
