"""Constitutions by formula: every way to join carbon and oxygen atoms, and which of them a library takes."""

from functools import cache

from rdkit import Chem

CARBON, OXYGEN = 6, 8
BONDS = {CARBON: 4, OXYGEN: 2}
SINGLE, DOUBLE, TRIPLE = Chem.BondType.SINGLE, Chem.BondType.DOUBLE, Chem.BondType.TRIPLE
RAISED = {None: SINGLE, SINGLE: DOUBLE, DOUBLE: TRIPLE}  # a bond to the one with an unsaturation more
# Of alkenes in open chains or beside a ring: what a molecule must hold, what it must not, and the ring it may have
OPEN_ALKENE = "[CX3;!$(C=O)]=;!@[CX3;!$(C=O)]"
UNSTABLE = {
    "cumulated double bonds": "*=C=*",
    "two hydroxyls on one carbon": "[OX2H]C[OX2H]",
    "hemiacetal": "[OX2H][CX4][OX2]",
    "oxygen on a triple bond": "[OX2]C#C",
    "triple bond in a ring": "[C;R]#[C;R]",
}
RING_SIZES = (5, 6, 7)


def enumerate_constitutions(n_carbon: int, n_oxygen: int, n_unsaturations: int) -> list[str]:
    """Return the canonical SMILES of every molecule of these atoms and hydrogen, without O-O bonds and stereochemistry, sorted.

    Saturated chains and branches are grown atom by atom; then each unsaturation raises a bond's order or closes a ring, in
    every way. Whatever has so many unsaturations comes of such a tree, so none is left out, however strained.

    Examples
    --------
    >>> enumerate_constitutions(2, 1, 1)
    ['C1CO1', 'C=CO', 'CC=O']
    """
    found = set(_saturated(n_carbon, n_oxygen))
    for _ in range(n_unsaturations):
        found = {smiles for one in found for smiles in _with_one_more(one)}
    return sorted(found)


def open_alkenes(constitutions: list[str]) -> list[str]:
    """Return those with a C=C that is not in a ring, no ring or one of five to seven atoms, and nothing of UNSTABLE."""
    alkene, *unstable = (Chem.MolFromSmarts(smarts) for smarts in (OPEN_ALKENE, *UNSTABLE.values()))
    chosen = []
    for smiles in constitutions:
        mol = Chem.MolFromSmiles(smiles)
        sizes = [len(ring) for ring in mol.GetRingInfo().AtomRings()]
        fits = not sizes or (len(sizes) == 1 and sizes[0] in RING_SIZES)
        if fits and mol.HasSubstructMatch(alkene) and not any(mol.HasSubstructMatch(pattern) for pattern in unstable):
            chosen.append(smiles)
    return chosen


@cache
def _saturated(n_carbon: int, n_oxygen: int) -> frozenset[str]:
    """Return the SMILES of all trees of so many atoms."""
    if n_carbon + n_oxygen == 1:
        return frozenset({"C" if n_carbon else "O"})
    smaller = []
    if n_carbon:
        smaller.append((CARBON, _saturated(n_carbon - 1, n_oxygen)))
    if n_oxygen:
        smaller.append((OXYGEN, _saturated(n_carbon, n_oxygen - 1)))
    return frozenset(smiles for number, trees in smaller for tree in trees for smiles in _grown(tree, number))


def _grown(smiles: str, number: int) -> set[str]:
    """Return a tree with one more atom of this element, in every place but on oxygen, if it is oxygen."""
    mol = Chem.MolFromSmiles(smiles)
    grown = set()
    for atom, free in zip(mol.GetAtoms(), _free_valences(mol), strict=True):
        if free and not atom.GetAtomicNum() == number == OXYGEN:
            larger = Chem.RWMol(mol)
            larger.AddBond(atom.GetIdx(), larger.AddAtom(Chem.Atom(number)), SINGLE)
            grown.add(Chem.MolToSmiles(larger))
    return grown


def _with_one_more(smiles: str) -> set[str]:
    """Return a molecule with a bond's order raised by one, or a bond more, in every way that leaves no O-O bond."""
    mol = Chem.MolFromSmiles(smiles)
    Chem.Kekulize(mol, clearAromaticFlags=True)
    is_oxygen = [atom.GetAtomicNum() == OXYGEN for atom in mol.GetAtoms()]
    free = [k for k, n in enumerate(_free_valences(mol)) if n]
    found = set()
    for place, i in enumerate(free):
        for j in free[place + 1 :]:
            bond = mol.GetBondBetweenAtoms(i, j)
            raised = RAISED.get(bond.GetBondType() if bond else None)
            if raised is None or (is_oxygen[i] and is_oxygen[j]):
                continue
            changed = Chem.RWMol(mol)
            if bond:
                changed.GetBondBetweenAtoms(i, j).SetBondType(raised)
            else:
                changed.AddBond(i, j, raised)
            Chem.SanitizeMol(changed)
            found.add(Chem.MolToSmiles(changed))
    return found


def _free_valences(mol: Chem.Mol) -> list[int]:
    """Return how many hydrogens each atom has."""
    return [
        BONDS[atom.GetAtomicNum()] - int(sum(bond.GetBondTypeAsDouble() for bond in atom.GetBonds()))
        for atom in mol.GetAtoms()
    ]
