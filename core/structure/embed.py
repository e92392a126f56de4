"""SMILES into 3-D: ETKDGv3 and MMFF94."""

from typing import Any

import numpy as np
from rdkit import Chem
from rdkit.Chem import rdDistGeom, rdForceFieldHelpers

from core.errors import GeometryError
from core.structure.geometry import FAST, Geometry
from core.structure.molecule import Molecule


def embed_geometry(molecule: Molecule, *, seed: int = 7, n_conformers: int = 1, max_iterations: int = 50) -> Geometry:
    """Return a 3-D geometry: ETKDGv3 (Wang et al., JCIM 2020, doi 10.1021/acs.jcim.0c00025) relaxed with MMFF94.

    What ETKDGv3 cannot embed in `max_iterations` is tried once more by plain distance geometry from random
    coordinates, which strained cages need. Of several conformers the one of lowest MMFF94 energy is kept.
    Deterministic for a seed. Stereocentres that the SMILES leaves open come out as the seed has them.

    Raises
    ------
    GeometryError
        If no conformer embeds, or MMFF94 has no parameters for the molecule.
    """
    mol = Chem.AddHs(molecule.rdkit)
    if not rdForceFieldHelpers.MMFFHasAllMoleculeParams(mol):
        raise GeometryError(f"no 3-D geometry: MMFF94 has no parameters for {molecule.smiles}")
    parameters: Any = rdDistGeom.ETKDGv3()
    parameters.randomSeed = seed
    parameters.maxIterations = max_iterations
    if not embed_conformers(mol, 1, parameters):
        parameters.useRandomCoords = True
        parameters.useExpTorsionAnglePrefs = parameters.useBasicKnowledge = False
        if not embed_conformers(mol, 1, parameters):
            raise GeometryError(f"no 3-D geometry: ETKDGv3 could not embed {molecule.smiles}")
    if n_conformers > 1 and not embed_conformers(mol, n_conformers, parameters):
        embed_conformers(mol, 1, parameters)
    relaxed = rdForceFieldHelpers.MMFFOptimizeMoleculeConfs(mol, maxIters=2000)  # [(not converged, energy)], one each
    best = min(range(len(relaxed)), key=lambda c: relaxed[c][1])
    numbers = [a.GetAtomicNum() for a in mol.GetAtoms()]
    return Geometry(np.array(numbers), list(mol.GetConformers())[best].GetPositions(), FAST)


def embed_conformers(mol: Chem.Mol, n_conformers: int, parameters: Any) -> bool:
    """Replace the molecule's conformers by up to `n_conformers` new ones; say whether there is any."""
    try:
        return bool(len(rdDistGeom.EmbedMultipleConfs(mol, n_conformers, parameters)))
    except RuntimeError:  # "bad direction in linearSearch": RDKit's minimiser gives up on some impossible stereoisomers
        return False
