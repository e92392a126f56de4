"""The force field that relaxes an embedded molecule: MMFF94, and UFF where MMFF94 has no parameters (boron, H2, CO, HF, ...)."""

from dataclasses import dataclass
from typing import Any

from rdkit import Chem
from rdkit.Chem import rdForceFieldHelpers

from core.errors import GeometryError
from core.structure.geometry import FAST, FAST_UFF


@dataclass(frozen=True, eq=False)
class ForceField:
    """A force field that has all parameters of a molecule.

    Attributes
    ----------
    origin : str
        What a geometry that it relaxed is said to be made by.
    """

    origin: str
    relax_all: Any

    def relax(self, mol: Chem.Mol, *, max_steps: int) -> list[tuple[int, float]]:
        """Relax all conformers in place; return (1 if it did not converge else 0, energy [kcal/mol]) of each, in their order."""
        outcomes: list[tuple[int, float]] = self.relax_all(mol, maxIters=max_steps)
        return outcomes


MMFF94 = ForceField(FAST, rdForceFieldHelpers.MMFFOptimizeMoleculeConfs)
UFF = ForceField(
    FAST_UFF, rdForceFieldHelpers.UFFOptimizeMoleculeConfs
)  # Rappe et al., JACS 1992, doi 10.1021/ja00051a040


def force_field_of(mol: Chem.Mol) -> ForceField:
    """Return the force field for a molecule with its hydrogens.

    Raises
    ------
    GeometryError
        If neither has parameters for it.
    """
    if rdForceFieldHelpers.MMFFHasAllMoleculeParams(mol):
        return MMFF94
    if rdForceFieldHelpers.UFFHasAllMoleculeParams(mol):
        return UFF
    raise GeometryError(f"no 3-D geometry: neither MMFF94 nor UFF has parameters for {Chem.MolToSmiles(mol)}")
