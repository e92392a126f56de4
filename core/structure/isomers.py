"""The stereoisomers that an input leaves open, as inputs of their own."""

from collections.abc import Sequence
from dataclasses import replace

from core.errors import DomainError
from core.structure.entry import OK, Entry
from core.structure.stereochemistry import enumerate_stereoisomers, leaves_stereo_open

ISOMER_OF = "stereoisomer_of"  # the property that carries the SMILES that was given
INPUT_ROW = "input_row"  # the property that carries the row of the input that it came from
MOST_ISOMERS = 32  # of one input


def expand_isomers(entries: Sequence[Entry]) -> list[Entry]:
    """Return entries with those whose stereochemistry is open and that have no geometry replaced by their stereoisomers.

    Rows are counted anew, and where any was taken apart each carries the row that it came from. Of mirror images, which have
    the same levels, one stands for both. An input of more than MOST_ISOMERS stays as it is, with a note.

    Examples
    --------
    >>> from core.structure.molecule import parse_smiles
    >>> [e.id for e in expand_isomers([Entry(1, "diol", parse_smiles("CC(O)C(C)O"))])]
    ['diol 1 of 2', 'diol 2 of 2']
    """
    found = [isomer for entry in entries for isomer in isomers_of(entry)]
    if len(found) == len(entries):
        return found
    return [replace(e, row=k, properties={**e.properties, INPUT_ROW: str(e.row)}) for k, e in enumerate(found, start=1)]


def isomers_of(entry: Entry) -> list[Entry]:
    """Return the stereoisomers of one entry, or the entry alone; see `expand_isomers`."""
    molecule = entry.molecule
    if entry.status != OK or entry.geometry is not None or molecule is None or not leaves_stereo_open(molecule):
        return [entry]
    try:
        isomers = enumerate_stereoisomers(molecule)
    except DomainError as error:
        return [replace(entry, notes=(*entry.notes, str(error)))]
    if len(isomers) > MOST_ISOMERS:
        note = f"{len(isomers)} stereoisomers are not taken apart, at most {MOST_ISOMERS}"
        return [replace(entry, notes=(*entry.notes, note))]
    if len(isomers) == 1:  # the mirror image alone is open
        return [replace(entry, molecule=isomers[0])]
    properties = {**entry.properties, ISOMER_OF: molecule.smiles}
    return [
        replace(entry, id=f"{entry.id} {k} of {len(isomers)}", molecule=isomer, properties=properties)
        for k, isomer in enumerate(isomers, start=1)
    ]
