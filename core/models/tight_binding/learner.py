"""The tight-binding network as a learner: many geometries, bucketed by size, one thread a core or the GPU."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from core.elements import BY_NUMBER
from core.models.batch import GPU_BATCH, Batch, collate, map_batches
from core.models.folder import FolderLearner
from core.models.protocol import ExplainedLevels, Familiarity, headline_spectra
from core.models.store import NETWORK_FILE, load_network
from core.models.tight_binding.network import TightBindingNetwork, n_valence_levels
from core.models.uncertainty.calibrator import (
    calibrate_uncertainty,
    expected_rmse_ev,
    level_errors_ev,
    load_uncertainty,
    lumo_error_ev,
)
from core.models.uncertainty.estimator import (
    AtomDistance,
    AtomFeatures,
    fit_atom_distance,
    fit_size_power,
    join_atoms,
)
from core.models.uncertainty.familiarity import find_surroundings, load_surroundings
from core.spectrum.levels import Levels
from core.structure.domain import check_elements
from core.structure.geometry import Geometry

if TYPE_CHECKING:
    from core.labels.label_set import LabelSet

TIGHT_BINDING_CPU_BATCH = 16  # molecules of 19 atoms: they keep the tensors of 96 features within the cache of a core


class TightBindingModel(FolderLearner):
    """Levels of geometries by one tight-binding network, with the error to expect of each."""

    def __init__(self, folder: Path, *, device: str | None = None) -> None:
        super().__init__(folder)
        self.device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        self.network = load_network(folder / NETWORK_FILE, TightBindingNetwork, device=self.device)
        self.uncertainty = load_uncertainty(folder, AtomDistance)
        self.surroundings = load_surroundings(folder)

    def check(self, geometry: Geometry) -> None:
        """See `Learner.check`: any size, any number of levels."""
        check_elements(geometry, [BY_NUMBER[z].symbol for z in self.network.config.elements])

    @torch.inference_mode()
    def features(self, geometries: Sequence[Geometry]) -> AtomFeatures:
        """Return what the network knows of each atom."""
        size = TIGHT_BINDING_CPU_BATCH
        chunks = [collate(geometries[k : k + size]) for k in range(0, len(geometries), size)]
        return join_atoms([atom_features(c.numbers, self.network(c.to(self.device))[2]) for c in chunks])

    def predict_spectra(self, geometries: Sequence[Geometry]) -> np.ndarray:
        """See `Learner.predict_spectra`."""
        return headline_spectra(self.predict_levels(geometries))

    def predict_levels(self, geometries: Sequence[Geometry], *, weights: bool = False) -> list[Levels]:
        """See `LevelModel.predict_levels`."""
        size = TIGHT_BINDING_CPU_BATCH if self.device.type == "cpu" else GPU_BATCH
        return map_batches(partial(self.predict_chunk, weights=weights), geometries, size=size)

    @torch.inference_mode()
    def predict_chunk(self, geometries: Sequence[Geometry], *, weights: bool) -> list[Levels]:
        """Return the levels of one batch."""
        batch = collate(geometries).to(self.device)
        hamiltonian, atoms, features = self.network(batch)
        return self.diagonalise(batch, hamiltonian.cpu(), atoms, features, weights=weights)

    def diagonalise(
        self, batch: Batch, hamiltonian: Tensor, atoms: Tensor, features: Tensor, *, weights: bool
    ) -> list[Levels]:
        """Return the levels of Hamiltonians (b, m, m) [eV] on the CPU; a GPU takes ten times as long and is 1 meV off."""
        n_valence = n_valence_levels(batch.numbers).tolist()
        n_orbitals = (atoms >= 0).sum(1).tolist()
        expected = expected_rmse_ev(self.uncertainty, atom_features(batch.numbers, features))
        orbital_atoms, n_atoms = atoms.cpu().numpy(), (batch.numbers > 0).sum(1).tolist()
        solved = torch.linalg.eigh(hamiltonian) if weights else (torch.linalg.eigvalsh(hamiltonian),)
        energies, *vectors = (t.numpy().astype(np.float64) for t in solved)
        found = []
        for k, (n, m) in enumerate(zip(n_valence, n_orbitals, strict=True)):
            valence, rmse_ev = energies[k, :n], float(expected[k])
            lumo = float(energies[k, n]) if n < m else float("nan")
            of_atoms, of_s = level_weights(vectors[0][k], orbital_atoms[k], n, n_atoms[k]) if weights else (None, None)
            errors = level_errors_ev(self.uncertainty, valence, rmse_ev)
            lumo_error = lumo_error_ev(self.uncertainty, lumo, rmse_ev)
            found.append(Levels(valence, lumo, rmse_ev, of_atoms, of_s, errors, lumo_error))
        return found

    @torch.inference_mode()
    def explain_levels(self, geometries: Sequence[Geometry]) -> list[ExplainedLevels]:
        """See `ExplainingModel.explain_levels`."""
        size = TIGHT_BINDING_CPU_BATCH if self.device.type == "cpu" else GPU_BATCH
        return map_batches(self.explain_chunk, geometries, size=size)

    @torch.inference_mode()
    def explain_chunk(self, geometries: Sequence[Geometry]) -> list[ExplainedLevels]:
        """Return the levels of one batch with what the network knows of the atoms."""
        batch = collate(geometries).to(self.device)
        hamiltonian, atoms, features = self.network(batch)
        levels = self.diagonalise(batch, hamiltonian.cpu(), atoms, features, weights=True)
        known = features.cpu().numpy()
        return [
            ExplainedLevels(g, e, known[k, : g.n_atoms])
            for k, (g, e) in enumerate(zip(geometries, levels, strict=True))
        ]

    def calibrate(self, training: "LabelSet", validation: "LabelSet", rmse_ev: np.ndarray) -> None:
        """See `LevelModel.calibrate`; what `familiarity` knows is written as well."""
        known, watched = (self.features(labels.geometries()) for labels in (training, validation))
        estimator = fit_size_power(fit_atom_distance(known), watched, rmse_ev)
        calibrate_uncertainty(estimator, watched, rmse_ev).save(self.folder)
        smiles = training.table["smiles"].astype(str).tolist()
        find_surroundings(estimator, known, smiles, watched).save(self.folder)

    def familiarity(self, geometry: Geometry) -> Familiarity | None:
        """See `FamiliarModel.familiarity`."""
        estimator = None if self.uncertainty is None else self.uncertainty.estimator
        if self.surroundings is None or not isinstance(estimator, AtomDistance):
            return None
        return self.surroundings.judge(estimator, self.features([geometry]))


def atom_features(numbers: Tensor, features: Tensor) -> AtomFeatures:
    """Return a padded batch's atomic numbers (b, n) and features (b, n, n_features) without the padding."""
    real = (numbers > 0).cpu().numpy()
    return AtomFeatures(numbers.cpu().numpy()[real], features.cpu().numpy()[real], real.sum(1))


def level_weights(
    vectors: np.ndarray, orbital_atoms: np.ndarray, n_valence: int, n_atoms: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the weight of each atom, and of its s orbital, in each valence level and the LUMO: squared coefficients.

    Parameters
    ----------
    vectors : (m, m) of a Hamiltonian, a column a level
    orbital_atoms : (m,) the atom of each orbital; -1 of the padding

    Returns
    -------
    (n_levels, n_atoms) twice
    """
    real = orbital_atoms >= 0
    n_rows = min(n_valence + 1, int(real.sum()))
    share = (vectors[real, :n_rows] ** 2).T  # (levels, orbitals)
    owner = np.eye(n_atoms)[orbital_atoms[real]]  # (orbitals, atoms)
    is_s = np.concatenate([[True], np.diff(orbital_atoms[real]) > 0])  # an atom's first orbital
    return share @ owner, (share * is_s) @ owner


def load(folder: Path, *, device: str | None = None) -> TightBindingModel:
    """Return the learner of a folder; see `core.models`."""
    return TightBindingModel(folder, device=device)
