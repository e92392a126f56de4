"""Counter-ions and solvents taken off a molecule, on request: what is taken off, and what becomes of its charge, is said."""

from dataclasses import replace
from functools import cache

from rdkit import Chem
from rdkit.Chem.MolStandardize import rdMolStandardize
from rdkit.Chem.SaltRemover import SaltRemover

from core.errors import InputError
from core.structure.domain import HOW_TO_STRIP, MODEL_DOMAIN
from core.structure.entry import FAILED, Entry
from core.structure.molecule import Molecule, molecule_from_rdkit

TAKEN_OFF = "taken off as salt or solvent"


@cache
def salt_remover() -> SaltRemover:
    """Return RDKit's remover, with its own list of counter-ions and solvents."""
    return SaltRemover()


def strip_salts(molecule: Molecule) -> tuple[Molecule, tuple[str, ...]]:
    """Return a molecule without its counter-ions and solvents, neutral where hydrogens can make it so, and notes that say so.

    RDKit's SaltRemover takes off what it knows; of what is left, the largest organic fragment stays. A mixture whose two largest
    fragments are of one size stays as it is.
    """
    mol = molecule.rdkit
    if len(Chem.GetMolFrags(mol)) < 2:
        return molecule, ()
    kept = salt_remover().StripMol(mol, dontRemoveEverything=True)
    fragments = {Chem.MolToSmiles(f): f.GetNumHeavyAtoms() for f in Chem.GetMolFrags(kept, asMols=True)}
    sizes = sorted(fragments.values(), reverse=True)
    if len(sizes) > 1 and sizes[0] == sizes[1]:
        return molecule, ("no salt: its two largest fragments are of one size, and none is taken off",)
    largest = rdMolStandardize.LargestFragmentChooser(preferOrganic=True).choose(kept)
    stripped = molecule_from_rdkit(largest)
    left = list(stripped.smiles.split("."))
    removed = [smiles for smiles in molecule.smiles.split(".") if smiles not in left or left.remove(smiles)]  # type: ignore[func-returns-value]
    notes = [f"{TAKEN_OFF}: {', '.join(removed)[:200]}"]
    if Chem.GetFormalCharge(stripped.rdkit):
        neutral = molecule_from_rdkit(rdMolStandardize.Uncharger().uncharge(stripped.rdkit))
        if neutral.smiles != stripped.smiles:
            notes.append(f"made neutral: {stripped.smiles} to {neutral.smiles}")
            stripped = neutral
    return stripped, tuple(notes)


def strip_entry(entry: Entry) -> Entry:
    """Return an entry without its counter-ions and solvents; one of a single fragment as it is. Its geometry is made anew."""
    if entry.molecule is None or len(Chem.GetMolFrags(entry.molecule.rdkit)) < 2:
        return entry
    try:
        molecule, notes = strip_salts(entry.molecule)
    except (InputError, ValueError, RuntimeError) as error:
        return replace(entry, status=FAILED, reason=f"salts cannot be taken off: {error}")
    reason = entry.reason.replace(HOW_TO_STRIP, "")  # it was tried
    stripped = replace(entry, molecule=molecule, notes=(*entry.notes, *notes), reason=reason)
    return replace(stripped, geometry=None).within(MODEL_DOMAIN) if molecule != entry.molecule else stripped


def was_stripped(entry: Entry) -> bool:
    """Return whether salts or solvents were taken off an entry."""
    return any(note.startswith(TAKEN_OFF) for note in entry.notes)
