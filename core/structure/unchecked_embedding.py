"""A second way into 3-D for molecules that distance geometry turns down: any conformer first, stereochemistry after.

RDKit's embedding checks the volume at every stereocentre against bounds for unstrained atoms, and small cages
(bicyclo[1.1.1]pentanes, say) never pass, although they exist. Here nothing is checked while embedding; the
stereochemistry is read from the conformers once a force field has relaxed them.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from rdkit import Chem
from rdkit.Chem import rdDistGeom

from core.structure.embed import FORCE_FIELD_STEPS, conformer_geometry, embed_conformers
from core.structure.force_field import force_field_of
from core.structure.geometry import Geometry
from core.structure.molecule import Molecule
from core.structure.stereochemistry import (
    hand_free_smiles,
    read_stereochemistry,
    reorder,
    settle,
)

MIRROR = np.array([-1.0, 1.0, 1.0])


def embed_any_isomer(isomers: Sequence[Molecule], *, n_conformers: int, seed: int) -> dict[str, Geometry]:
    """Return a force field's geometry for each of the isomers of one constitution that turned up, by SMILES.

    Parameters
    ----------
    isomers : molecules that differ in their stereochemistry only
    n_conformers : int
        Conformers made in all; of one isomer the lowest in energy is kept. Mirror images are reflected.
    """
    wanted = {hand_free_smiles(isomer): isomer for isomer in isomers}
    best: dict[str, tuple[float, Geometry]] = {}
    for energy, made in embed_unchecked(isomers[0], n_conformers=n_conformers, seed=seed):
        seen = read_stereochemistry(isomers[0].rdkit, made.positions)
        isomer = wanted.get(hand_free_smiles(seen))
        if isomer is None or (isomer.smiles in best and best[isomer.smiles][0] <= energy):
            continue
        same_hand = settle(seen.smiles) == settle(isomer.smiles)
        best[isomer.smiles] = (
            energy,
            made if same_hand else Geometry(made.numbers, made.positions * MIRROR, made.origin),
        )
    return {smiles: reorder(geometry, isomers[0], Molecule(smiles)) for smiles, (_, geometry) in best.items()}


def embed_unchecked(molecule: Molecule, *, n_conformers: int, seed: int) -> list[tuple[float, Geometry]]:
    """Return (the force field's energy [kcal/mol], geometry) of conformers of any stereochemistry."""
    mol = Chem.AddHs(molecule.rdkit)
    Chem.RemoveStereochemistry(mol)
    parameters: Any = rdDistGeom.ETKDGv3()
    parameters.randomSeed = seed
    parameters.maxIterations = 10
    parameters.useRandomCoords = True
    parameters.useExpTorsionAnglePrefs = parameters.useBasicKnowledge = parameters.enforceChirality = False
    if not embed_conformers(mol, n_conformers, parameters):
        return []
    force_field = force_field_of(mol)
    relaxed = force_field.relax(mol, max_steps=FORCE_FIELD_STEPS)
    return [
        (energy, conformer_geometry(mol, conformer.GetId(), origin=force_field.origin))
        for (_, energy), conformer in zip(relaxed, mol.GetConformers(), strict=True)
    ]
