"""Molecule: text in, validated identity out."""

from dataclasses import dataclass
from functools import cached_property

from rdkit import Chem, RDLogger
from rdkit.Chem import rdMolDescriptors

from core.errors import InputError
from core.structure.dative import ARROWS, separate_charges

RDLogger.DisableLog("rdApp.*")  # type: ignore[attr-defined]  # RDKit's own stderr chatter; we raise instead

MAX_ATOMS = 250  # explicit atoms, hydrogens included: beyond it nothing was checked


@dataclass(frozen=True)
class Molecule:
    """What a molecule is, without where its atoms are.

    Attributes
    ----------
    smiles : str
        RDKit canonical isomeric SMILES, hydrogens implicit.
    """

    smiles: str

    @cached_property
    def rdkit(self) -> Chem.Mol:
        """The RDKit molecule, hydrogens implicit. Treat as read-only."""
        return Chem.MolFromSmiles(self.smiles)

    @cached_property
    def inchikey(self) -> str:
        """Standard InChIKey (27 characters), stereochemistry included; "" where InChI has none."""
        key: str = Chem.MolToInchiKey(self.rdkit)
        return key

    @cached_property
    def formula(self) -> str:
        """Hill formula."""
        return rdMolDescriptors.CalcMolFormula(self.rdkit)

    @cached_property
    def n_atoms(self) -> int:
        """All atoms, hydrogens included."""
        return self.rdkit.GetNumAtoms(onlyExplicit=False)


def parse_smiles(text: str) -> Molecule:
    """Return the molecule that a SMILES string stands for.

    Raises
    ------
    InputError
        If the text is empty or RDKit cannot read it.

    Examples
    --------
    >>> ethanol = parse_smiles("OCC")
    >>> ethanol.smiles, ethanol.formula, ethanol.n_atoms
    ('CCO', 'C2H6O', 9)
    """
    text = text.strip()
    if not text:
        raise InputError("SMILES must not be empty")
    mol = read_dative(text) if any(arrow in text for arrow in ARROWS) else Chem.MolFromSmiles(text)
    if mol is None:
        raise InputError(f"SMILES cannot be read: got {text[:80]!r}{explain_smiles(text)}")
    return molecule_from_rdkit(mol)


def read_dative(text: str) -> Chem.Mol | None:
    """Return the molecule of a SMILES with dative bonds: charges are separated before RDKit looks at valences."""
    mol = Chem.MolFromSmiles(text, sanitize=False)
    if mol is None:
        return None
    try:
        return separate_charges(mol)
    except (ValueError, RuntimeError):  # valences that cannot be
        return None


def parse_inchi(text: str) -> Molecule:
    """Return the molecule that an InChI stands for.

    Raises
    ------
    InputError
        If RDKit cannot read it.

    Examples
    --------
    >>> parse_inchi("InChI=1S/CH4/h1H4").smiles
    'C'
    """
    text = text.strip()
    mol = Chem.MolFromInchi(text)
    if mol is None:
        raise InputError(f"InChI cannot be read: got {text[:80]!r}")
    stated, read = formula_layer(text), formula_layer(Chem.MolToInchi(mol))
    if stated and read and stated != read:
        raise InputError(f"InChI cannot be read: it states {stated}, and reads as {read}")
    return molecule_from_rdkit(mol)


def formula_layer(inchi: str) -> str:
    """Return the formula that an InChI states; "" where it states none (a bare proton)."""
    layers = inchi.split("/")
    return layers[1] if len(layers) > 1 and layers[1][:1].isupper() else ""


def molecule_from_rdkit(mol: Chem.Mol) -> Molecule:
    """Return the identity of an RDKit molecule: canonical, hydrogens implicit, atom maps and conformers dropped.

    Dative bonds become charges (`core.structure.dative`). Invariant: the formula read, charge included, is the one kept.

    Raises
    ------
    InputError
        If it has no atoms, RDKit refuses its valences, or its canonical SMILES is of another formula.
    """
    if mol.GetNumAtoms() == 0:
        raise InputError("a molecule needs at least one atom, got none")
    mol = separate_charges(Chem.Mol(mol))
    for atom in mol.GetAtoms():
        atom.SetAtomMapNum(0)
    smiles = Chem.MolToSmiles(Chem.RemoveHs(mol))
    kept = Chem.MolFromSmiles(smiles)
    if kept is None:  # H2 and friends survive only with their hydrogens explicit
        raise InputError(f"the molecule's own SMILES cannot be read back: got {smiles[:80]!r}")
    read_formula, kept_formula = (rdMolDescriptors.CalcMolFormula(m) for m in (mol, kept))
    if read_formula != kept_formula:
        raise InputError(
            f"the molecule cannot be kept: {read_formula} was read, its SMILES {smiles[:80]} is {kept_formula}"
        )
    return Molecule(smiles)


def explain_smiles(text: str) -> str:
    """Say what RDKit dislikes about a SMILES that did not parse: '' or ' (reason)'."""
    mol = Chem.MolFromSmiles(text, sanitize=False)
    if mol is None:
        return " (not SMILES syntax)"
    problems = Chem.DetectChemistryProblems(mol)
    return f" ({problems[0].Message()})" if problems else ""
