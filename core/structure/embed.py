"""SMILES into 3-D: ETKDGv3, then a force field, MMFF94 or else UFF."""

from typing import Any

import numpy as np
from rdkit import Chem
from rdkit.Chem import rdDistGeom, rdMolAlign

from core.errors import GeometryError
from core.structure.force_field import force_field_of
from core.structure.geometry import Geometry
from core.structure.molecule import Molecule

FORCE_FIELD_STEPS = 2000


def embed_geometry(molecule: Molecule, *, seed: int = 7, n_conformers: int = 1, max_iterations: int = 50) -> Geometry:
    """Return a 3-D geometry: ETKDGv3 (Wang et al., JCIM 2020, doi 10.1021/acs.jcim.0c00025) relaxed with MMFF94 or UFF.

    What ETKDGv3 cannot embed in `max_iterations` is tried once more by plain distance geometry from random
    coordinates, which strained cages need. Of several conformers the one of lowest energy is kept.
    Deterministic for a seed. Stereocentres that the SMILES leaves open come out as the seed has them.

    Raises
    ------
    GeometryError
        If no conformer embeds, or no force field has parameters for the molecule.
    """
    mol = Chem.AddHs(molecule.rdkit)
    force_field = force_field_of(mol)
    parameters: Any = rdDistGeom.ETKDGv3()
    parameters.randomSeed = seed
    parameters.maxIterations = max_iterations
    if not embed_either_way(mol, 1, parameters):
        raise GeometryError(f"no 3-D geometry: ETKDGv3 could not embed {molecule.smiles}")
    if n_conformers > 1 and not embed_conformers(mol, n_conformers, parameters):
        embed_conformers(mol, 1, parameters)
    relaxed = force_field.relax(mol, max_steps=FORCE_FIELD_STEPS)
    best = min(range(len(relaxed)), key=lambda c: relaxed[c][1])
    return conformer_geometry(mol, list(mol.GetConformers())[best].GetId(), origin=force_field.origin)


def embed_different(graph: Chem.Mol, *, n_conformers: int, seed: int, prune_angstrom: float) -> list[Geometry]:
    """Return up to `n_conformers` conformers that differ: ETKDGv3, then the force field until it converges.

    Parameters
    ----------
    graph : RDKit molecule, hydrogens implicit
        Its order of atoms decides which conformers a seed gives.
    prune_angstrom : float
        Root mean square distance of the heavy atoms below which two conformers count as one.

    Raises
    ------
    GeometryError
        If none embeds, or no force field has parameters for the molecule.
    """
    mol = Chem.AddHs(graph)
    force_field = force_field_of(mol)
    parameters: Any = rdDistGeom.ETKDGv3()
    parameters.randomSeed = seed
    if not embed_conformers(mol, n_conformers, parameters):
        raise GeometryError(f"no 3-D geometry: ETKDGv3 could not embed {Chem.MolToSmiles(graph)}")
    outcomes = force_field.relax(mol, max_steps=5000)
    heavy = Chem.RemoveHs(mol)
    kept: list[int] = []
    for conformer, (not_converged, _) in zip(mol.GetConformers(), outcomes, strict=True):
        k = conformer.GetId()
        if not not_converged and all(rdMolAlign.GetBestRMS(heavy, heavy, k, o) >= prune_angstrom for o in kept):
            kept.append(k)
    return [conformer_geometry(mol, k, origin=force_field.origin) for k in kept]


def embed_conformers(mol: Chem.Mol, n_conformers: int, parameters: rdDistGeom.EmbedParameters) -> bool:
    """Replace the molecule's conformers by up to `n_conformers` new ones; say whether there is any."""
    try:
        return bool(len(rdDistGeom.EmbedMultipleConfs(mol, n_conformers, parameters)))
    except RuntimeError:  # "bad direction in linearSearch": RDKit's minimiser gives up on some impossible stereoisomers
        return False


def embed_either_way(mol: Chem.Mol, n_conformers: int, parameters: Any) -> bool:  # noqa: ANN401 - RDKit's have no such fields
    """Embed by these parameters, else by plain distance geometry from random coordinates; say whether there is any.

    The parameters are left as they were used last.
    """
    if embed_conformers(mol, n_conformers, parameters):
        return True
    parameters.useRandomCoords = True
    parameters.useExpTorsionAnglePrefs = parameters.useBasicKnowledge = False
    return embed_conformers(mol, n_conformers, parameters)


def conformer_geometry(mol: Chem.Mol, conformer: int, *, origin: str) -> Geometry:
    """Return one conformer of a molecule with all its hydrogens."""
    numbers = np.array([a.GetAtomicNum() for a in mol.GetAtoms()])
    return Geometry(numbers, mol.GetConformer(conformer).GetPositions(), origin)
