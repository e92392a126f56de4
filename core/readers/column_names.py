"""What columns and data fields call a structure and an identifier, by whole words: "solid" and "valid" are no ids."""

import re
from collections.abc import Sequence

MAX_NAME = 200  # characters; what is longer is no column's name
SMILES_NAMES = (
    "smiles",
    "isomericsmiles",
    "smilesisomeric",
    "isosmiles",
    "canonicalsmiles",
    "cansmiles",
    "canonicalsmi",
    "isosmi",
    "cansmi",
    "smi",
    "cxsmiles",
    "smilesstring",
    "molsmiles",
    "inchi",
    "stdinchi",
    "standardinchi",
    "structure",
)
ID_NAMES = (
    "id",
    "identifier",
    "molid",
    "moleculeid",
    "compoundid",
    "cid",
    "sid",
    "chemblid",
    "zincid",
    "catalogid",
    "cas",
    "casno",
    "casnumber",
    "casrn",
    "name",
    "title",
    "compoundname",
    "moleculename",
    "compound",
    "molecule",
    "code",
    "label",
    "drugbankid",
    "molregno",
    "inchikey",
    "no",
    "nr",
    "sample",
    "probe",
    "substance",
    "reference",
    "number",
    "nummer",
    "entry",
)
STRUCTURE_WORDS = ("smiles", "smi", "inchi", "cxsmiles")
ID_WORDS = ("id", "ids", "identifier", "name", "names", "code", "number", "no", "nr", "title", "label", "key")
OTHER_WORDS = (
    "seq",
    "sequence",
    "peptide",
    "fasta",
    "protein",
    "helm",
    "residues",
    "inchikey",
    "formula",
    "element",
    "atom",
)
HEADER_WORDS = frozenset(
    (
        *SMILES_NAMES,
        *ID_NAMES,
        *STRUCTURE_WORDS,
        *ID_WORDS,
        *OTHER_WORDS,
        "mol",
        "molecules",
        "compounds",
        "structures",
        "struktur",
        "strukturen",
        "verbindung",
        "molekul",
        "molekül",
        "molécule",
        "molecula",
        "molécula",
        "estructura",
        "structuur",
        "struttura",
        "nom",
        "nombre",
        "bezeichnung",
        "logp",
        "mw",
        "mass",
        "note",
        "comment",
        "value",
        "smarts",
        "nummer",
        "numero",
        "numéro",
    )
)


def plain_name(name: str) -> str:
    """Return a name without case, blanks and signs."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def words_of(name: str) -> list[str]:
    """Return the words of a name: "Compound_ID" and "compoundId" -> compound, id."""
    parts = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", name)
    return [word.lower() for word in re.split(r"[\W_]+", parts) if word]


def rank_structure_name(name: str) -> int | None:
    """Return how surely a name is a structure's: 0, 1, ... by SMILES_NAMES, then by its words; None if it is none."""
    if len(name) > MAX_NAME:
        return None
    key, words = plain_name(name), words_of(name)
    if key in SMILES_NAMES:
        return SMILES_NAMES.index(key)
    if "inchikey" in key or words[-1:] in (["id"], ["name"], ["key"]):
        return None
    if any(word.endswith(("smiles", "smi")) or word in STRUCTURE_WORDS for word in words):
        return len(SMILES_NAMES)
    return None


def is_other_name(name: str) -> bool:
    """Return whether a column is by its name something that may read as SMILES and is none: sequences, formulae, elements."""
    return bool(set(words_of(name)) & set(OTHER_WORDS))


def find_id_name(names: Sequence[str]) -> str | None:
    """Return the name that is an identifier's: of ID_NAMES the first, else one that ends in such a word ("ChEMBL ID")."""
    keys = {name: plain_name(name) for name in names}
    for wanted in ID_NAMES:
        for name, key in keys.items():
            if key == wanted:
                return name
    return next((name for name in names if words_of(name)[-1:] and words_of(name)[-1] in ID_WORDS[:6]), None)


def is_header_name(cell: str) -> bool:
    """Return whether a cell is what a column is called."""
    if len(cell) > MAX_NAME:
        return False
    return (
        plain_name(cell) in HEADER_WORDS
        or cell.strip().lower() in HEADER_WORDS
        or rank_structure_name(cell) is not None
    )
