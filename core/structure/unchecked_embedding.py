"""A second way into 3-D for molecules that distance geometry turns down: any conformer first, stereochemistry after.

RDKit's embedding checks the volume at every stereocentre against bounds for unstrained atoms, and small cages
(bicyclo[1.1.1]pentanes, say) never pass, although they exist. Here nothing is checked while embedding; the
stereochemistry is read from the conformers once MMFF94 has relaxed them.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from rdkit import Chem
from rdkit.Chem import rdDistGeom, rdForceFieldHelpers

from core.structure.embed import MMFF_STEPS, embed_conformers
from core.structure.geometry import FAST, Geometry
from core.structure.molecule import Molecule
from core.structure.stereochemistry import (
    hand_free_smiles,
    read_stereochemistry,
    reorder,
    settle,
)

MIRROR = np.array([-1.0, 1.0, 1.0])


def embed_any_isomer(isomers: Sequence[Molecule], *, n_conformers: int, seed: int) -> dict[str, Geometry]:
    """Return an MMFF94 geometry for each of the isomers of one constitution that turned up, by SMILES.

    Parameters
    ----------
    isomers : molecules that differ in their stereochemistry only
    n_conformers : int
        Conformers made in all; of one isomer the lowest in MMFF94 energy is kept. Mirror images are reflected.
    """
    wanted = {hand_free_smiles(isomer): isomer for isomer in isomers}
    conformers = embed_unchecked(isomers[0], n_conformers=n_conformers, seed=seed)
    best: dict[str, tuple[float, Geometry]] = {}
    for energy, numbers, positions in conformers:
        seen = read_stereochemistry(isomers[0].rdkit, positions)
        isomer = wanted.get(hand_free_smiles(seen))
        if isomer is None or (isomer.smiles in best and best[isomer.smiles][0] <= energy):
            continue
        same_hand = settle(seen.smiles) == settle(isomer.smiles)
        best[isomer.smiles] = energy, Geometry(numbers, positions if same_hand else positions * MIRROR, FAST)
    return {smiles: reorder(geometry, isomers[0], Molecule(smiles)) for smiles, (_, geometry) in best.items()}


def embed_unchecked(molecule: Molecule, *, n_conformers: int, seed: int) -> list[tuple[float, np.ndarray, np.ndarray]]:
    """Return (MMFF94 energy [kcal/mol], numbers, positions [Angstrom]) of conformers of any stereochemistry."""
    mol = Chem.AddHs(molecule.rdkit)
    Chem.RemoveStereochemistry(mol)
    parameters: Any = rdDistGeom.ETKDGv3()
    parameters.randomSeed = seed
    parameters.maxIterations = 10
    parameters.useRandomCoords = True
    parameters.useExpTorsionAnglePrefs = parameters.useBasicKnowledge = parameters.enforceChirality = False
    if not rdForceFieldHelpers.MMFFHasAllMoleculeParams(mol) or not embed_conformers(mol, n_conformers, parameters):
        return []
    relaxed = rdForceFieldHelpers.MMFFOptimizeMoleculeConfs(
        mol, maxIters=MMFF_STEPS
    )  # [(not converged, energy)], one each
    numbers = np.array([atom.GetAtomicNum() for atom in mol.GetAtoms()])
    return [
        (energy, numbers, conformer.GetPositions())
        for (_, energy), conformer in zip(relaxed, mol.GetConformers(), strict=True)
    ]
