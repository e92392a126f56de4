"""Dative bonds, `N->O`: written as the charge-separated molecule that they stand for, `[N+][O-]`."""

from rdkit import Chem

DATIVE = (Chem.BondType.DATIVE, Chem.BondType.DATIVEONE, Chem.BondType.DATIVEL, Chem.BondType.DATIVER)
ARROWS = ("->", "<-")  # in SMILES


def has_dative_bonds(mol: Chem.Mol) -> bool:
    """Return whether a molecule has any bond of DATIVE."""
    return any(bond.GetBondType() in DATIVE for bond in mol.GetBonds())


def separate_charges(mol: Chem.Mol) -> Chem.Mol:
    """Return a molecule with each dative bond as a single one, its donor one charge up and its acceptor one down.

    RDKit counts a dative bond at its acceptor only and fills the acceptor up with hydrogens: `c1cn(->O)ccn1->O` gains two
    in its canonical SMILES. Hydrogens that stand in brackets or as atoms stay; all others are counted anew.
    """
    if not has_dative_bonds(mol):
        return mol
    separated = Chem.RWMol(mol)
    for bond in separated.GetBonds():
        if bond.GetBondType() in DATIVE:
            donor, acceptor = bond.GetBeginAtom(), bond.GetEndAtom()
            bond.SetBondType(Chem.BondType.SINGLE)
            donor.SetFormalCharge(donor.GetFormalCharge() + 1)
            acceptor.SetFormalCharge(acceptor.GetFormalCharge() - 1)
    Chem.SanitizeMol(separated)
    Chem.AssignStereochemistry(separated, cleanIt=True, force=True)
    return separated.GetMol()
