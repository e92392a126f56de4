"""Functional groups by SMARTS: what a chemist would tick in a filter."""

from functools import cache

from rdkit import Chem

# Name -> SMARTS. A group inside a larger one is named as the larger only: an ester holds no ether and no ketone, an
# acid no alcohol, an acetal no ether. C and c: alkenes, ketones and so on leave aromatic rings out, they are "aromatic".
GROUPS: dict[str, str] = {
    "alcohol": "[OX2H][CX4;!$(C([OX2H])[OX2])]",
    "phenol": "[OX2H]c",
    "enol": "[OX2H]C=C",
    "hemiacetal": "[OX2H][CX4][OX2;H0;!$(OC=O)]",
    "acetal": "[OX2;H0;!$(OC=O)][CX4][OX2;H0;!$(OC=O)]",
    "gem-diol": "[OX2H][CX4][OX2H]",
    "peroxide": "[OX2][OX2]",
    "ether": "[OX2;H0;!r3;!$(OC=[#6]);!$(O[CX4][OX2])]([#6;!$([#6]=[O,N,S])])[#6;!$([#6]=[O,N,S])]",
    "epoxide": "[OX2r3]1[#6r3][#6r3]1",
    "enol ether": "[OX2;H0;!$(OC=O)]C=C",
    "aldehyde": "[CX3H1](=O)[#6]",
    "ketone": "[CX3](=O)([#6])[#6]",
    "enone": "[CX3;!$(C(=O)[O,N])](=O)C=C",
    "carboxylic acid": "[CX3](=O)[OX2H]",
    "ester": "[CX3;!$(C(=O)OC=O);!$(C([OX2])[OX2])](=O)[OX2;H0][#6;!$([#6]=O)]",
    "lactone": "[CX3;R;!$(C([OX2])[OX2])](=O)@[OX2;H0;R]@[#6;!$([#6]=O)]",
    "anhydride": "[CX3](=O)[OX2][CX3]=O",
    "carbonate": "[OX2][CX3](=O)[OX2]",
    "ketene": "[CX2](=O)=C",
    "alkene": "[CX3;!$(C=O)]=[CX3;!$(C=O)]",
    "allene": "C=[CX2]=C",
    "alkyne": "C#C",
    "aromatic": "a",
    "amine": "[NX3;!$(N[C,c]=[O,N,S]);!$(N[#7,#8])]",
    "amide": "[NX3][CX3]=O",
    "imine": "[CX3]=[NX2]",
    "nitrile": "C#N",
    "nitro": "[$([NX3](=O)=O),$([NX3+](=O)[O-])]",
    "fluoride": "[#6]F",
}


@cache
def patterns() -> dict[str, Chem.Mol]:
    """Return every group's compiled SMARTS."""
    return {name: Chem.MolFromSmarts(smarts) for name, smarts in GROUPS.items()}


def find_groups(mol: Chem.Mol) -> list[str]:
    """Return the names of the groups that a molecule has, in the order of GROUPS."""
    return [name for name, pattern in patterns().items() if mol.HasSubstructMatch(pattern)]
