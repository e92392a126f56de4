"""Bond orders of molecules with nitro groups, where the search for them all at once finds none.

RDKit's search over valences gives conjugated nitro groups two single bonds, and no neutral molecule is left. A nitro group is
told by its connections alone; with fluorine in its place the rest is searched as ever.
"""

from rdkit import Chem
from rdkit.Chem import rdDetermineBonds

N_CONNECTIONS = 3  # of a nitro group's nitrogen
STAND_IN = 9  # fluorine: one single bond, as the group has


def find_nitro_groups(mol: Chem.Mol) -> dict[int, tuple[int, int]]:
    """Return the two oxygens of each nitro group by its nitrogen, in a molecule whose atoms are connected."""
    groups: dict[int, tuple[int, int]] = {}
    for atom in mol.GetAtoms():
        if atom.GetAtomicNum() != 7 or atom.GetDegree() != N_CONNECTIONS:
            continue
        ends = [n.GetIdx() for n in atom.GetNeighbors() if n.GetAtomicNum() == 8 and n.GetDegree() == 1]
        if len(ends) == 2:
            groups[atom.GetIdx()] = (ends[0], ends[1])
    return groups


def order_beside_nitro(mol: Chem.Mol, *, charge: int, max_steps: int) -> Chem.Mol | None:
    """Return a molecule of connected atoms with bond orders, the nitro groups' written down; None if it has no such group.

    Raises
    ------
    ValueError, RuntimeError
        As RDKit does where the rest has no valid orders.
    """
    groups = find_nitro_groups(mol)
    if not groups:
        return None
    rest = Chem.RWMol(mol)
    for atom in rest.GetAtoms():
        atom.SetIntProp("place", atom.GetIdx())
    for nitrogen in groups:
        rest.GetAtomWithIdx(nitrogen).SetAtomicNum(STAND_IN)
    for oxygen in sorted((o for ends in groups.values() for o in ends), reverse=True):
        rest.RemoveAtom(oxygen)
    rdDetermineBonds.DetermineBondOrders(rest, charge=charge, maxIterations=max_steps, embedChiral=False)
    Chem.Kekulize(rest, clearAromaticFlags=True)
    whole = Chem.RWMol(mol)
    for atom in rest.GetAtoms():
        if (place := atom.GetIntProp("place")) not in groups:
            whole.GetAtomWithIdx(place).SetFormalCharge(atom.GetFormalCharge())
    for bond in rest.GetBonds():
        places = [a.GetIntProp("place") for a in (bond.GetBeginAtom(), bond.GetEndAtom())]
        whole.GetBondBetweenAtoms(*places).SetBondType(bond.GetBondType())
    for nitrogen, (double, single) in groups.items():
        whole.GetAtomWithIdx(nitrogen).SetFormalCharge(1)
        whole.GetAtomWithIdx(single).SetFormalCharge(-1)
        whole.GetBondBetweenAtoms(nitrogen, double).SetBondType(Chem.BondType.DOUBLE)
    for atom in whole.GetAtoms():
        atom.SetNoImplicit(True)
    Chem.SanitizeMol(whole)
    Chem.AssignStereochemistryFrom3D(whole, replaceExistingTags=True)
    return whole.GetMol()
