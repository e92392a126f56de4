"""Which row of a table is its header, and which columns hold structures and identifiers: by what the cells are, then by names.

A data row is never taken for a header: an unreadable SMILES in the first row is a row that fails, and says so.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from core.errors import EigenscopeError
from core.readers.column_names import find_id_name, is_header_name, is_other_name, rank_structure_name
from core.readers.records import MAX_LINE_NOTATION, is_readable, parse_line_notation
from core.structure.stereochemistry import flat_smiles

MAX_FOUND_ID = 60  # characters; longer text is a note, no identifier
N_SAMPLED = 50  # rows that are looked at
N_COMPARED = 10  # rows in which two columns of structures are held against each other
# what a SMILES is made of; a word that is not cannot have been meant as one
_SMILES_TOKENS = re.compile(
    r"(?:\[[^\[\]\s]*(?:\]|$)|Br|Cl|[BCNOPSFIbcnops*]|[-=#$:/\\~.()>]|%\d\d|\d)+",
)
_PLACEHOLDERS = (
    "",
    "n/a",
    "na",
    "nan",
    "none",
    "null",
    "-",
    "--",
    "?",
    "???",
    "error",
    "unknown",
    "#n/a",
    "missing",
    "tbd",
    "x",
    "nd",
)


@dataclass(frozen=True)
class Columns:
    """What a table's columns are called, and which hold the structure and the identifier.

    Attributes
    ----------
    names : tuple of str
        Every column, in order; empty for a file that is no table.
    smiles, id : str or None
        The columns found; None where there is none.
    notes : tuple of str
        What was assumed where more than one column could be meant.
    """

    names: tuple[str, ...] = ()
    smiles: str | None = None
    id: str | None = None
    notes: tuple[str, ...] = ()


def choose_columns(names: Sequence[str], rows: Sequence[Sequence[str]], *, has_header: bool = True) -> Columns:
    """Return which columns hold SMILES and identifiers.

    Of the columns whose cells read as molecules the one that is called so, else the one of the longest cells (no element
    symbols). A column that is called SMILES and reads as none counts where no other does.
    """
    sample = rows[:N_SAMPLED]
    shares = [readable_share(column_of(sample, k)) for k in range(len(names))]
    ranks = [rank_structure_name(name) if has_header else None for name in names]
    able = [k for k, share in enumerate(shares) if share >= 0.5]
    named = sorted((rank, k) for k, rank in enumerate(ranks) if rank is not None and (shares[k] > 0 or not able))
    if named and not able and names[named[0][1]].lower() == "structure":
        named = []
    notes: tuple[str, ...] = ()
    if named:
        smiles: int | None = named[0][1]
        equals = [names[k] for rank, k in named[1:] if rank == named[0][0] or differ(sample, named[0][1], k)]
        if equals:
            notes = (f"structures are read from {names[named[0][1]]}; {', '.join(equals)} would do by its name too",)
    else:
        unnamed = [k for k in able if not (has_header and is_other_name(names[k]))]
        lengths = {k: mean_length(column_of(sample, k)) for k in unnamed}
        smiles = max(lengths, key=lambda k: lengths[k]) if lengths else None
        rivals = [names[k] for k in unnamed if k != smiles and lengths[k] > 1.5]
        if smiles is not None and rivals:
            notes = (f"structures are read from {names[smiles]}; {', '.join(rivals)} would read as molecules too",)
    others = [k for k in range(len(names)) if k != smiles]
    by_name = find_id_name([names[k] for k in others]) if has_header else None
    unnamed_ids = [k for k in others if k == 0] if has_header else others
    identifier = by_name or next(
        (names[k] for k in unnamed_ids if is_identifier(column_of(sample, k), has_header)), None
    )
    return Columns(tuple(names), None if smiles is None else names[smiles], identifier, notes)


def differ(rows: Sequence[Sequence[str]], one: int, other: int) -> bool:
    """Return whether two columns hold different molecules in a row, stereochemistry aside; what does not read does not count."""
    for row in rows[:N_COMPARED]:
        found = set()
        for cell in (row[k] for k in (one, other) if k < len(row)):
            with suppress(EigenscopeError):
                found.add(flat_smiles(parse_line_notation(cell).rdkit))
        if len(found) > 1:
            return True
    return False


def looks_like_header(rows: Sequence[Sequence[str]]) -> bool:
    """Return whether the first row names columns.

    It does where a cell is what columns are called, and where the column of structures (found in the rows beneath) begins
    with what cannot have been meant as one while another column changes its kind beneath: from words to numbers, say.
    """
    first, body = [cell[: MAX_LINE_NOTATION + 1].strip() for cell in rows[0]], rows[1 : 1 + N_SAMPLED]
    at = structure_column(body)
    head = first[at] if at is not None and at < len(first) else ""
    if at is not None and head and is_readable(head):
        return False
    if at is not None and rank_structure_name(head) is not None:
        return True
    if at is not None and head and meant_as_smiles(head):
        return False
    if at is None and any(is_readable(cell) for cell in first):
        return False
    if any(is_header_name(cell) for cell in first):
        return True
    if not body:
        return not any(meant_as_smiles(cell) for cell in first if cell)
    if at is None:
        return not any(meant_as_smiles(cell) for cell in first if cell)
    if head.lower() in _PLACEHOLDERS and head:
        return False
    return any(changes_kind(cell, column_of(body, k)) for k, cell in enumerate(first) if k != at)


def structure_column(rows: Sequence[Sequence[str]]) -> int | None:
    """Return the column of rows without a header that most likely holds structures, None where none does."""
    width = max((len(row) for row in rows), default=0)
    lengths = {
        k: mean_length(column) for k in range(width) if readable_share(column := column_of(rows[:N_SAMPLED], k)) >= 0.5
    }
    return max(lengths, key=lambda k: lengths[k]) if lengths else None


def changes_kind(head: str, beneath: Sequence[str]) -> bool:
    """Return whether a cell is of another kind than all those beneath: a word over numbers, "Nummer" over "A1", "A2"."""
    shapes = {shape(cell) for cell in beneath if cell}
    return (
        bool(head)
        and not is_plain_number(head)
        and len(shapes) == 1
        and shape(head) not in shapes
        and "9" in "".join(shapes)
    )


def shape(cell: str) -> str:
    """Return what a cell is made of: runs of letters "a", numbers "9", other signs as they are."""
    if is_plain_number(cell):
        return "9"
    return re.sub(r"\d+", "9", re.sub(r"[^\W\d_]+", "a", cell))


def meant_as_smiles(text: str) -> bool:
    """Return whether text, readable or not, is made of nothing but what SMILES are made of."""
    if text.startswith("InChI=") or len(text) > MAX_LINE_NOTATION:
        return True
    return bool(_SMILES_TOKENS.fullmatch(text)) and not text.isdigit()


def readable_share(cells: Sequence[str]) -> float:
    """Return how many of the cells that are not empty read as molecules."""
    filled = [cell for cell in cells if cell]
    return sum(map(is_readable, filled)) / len(filled) if filled else 0.0


def mean_length(cells: Sequence[str]) -> float:
    """Return the mean number of characters of the cells that are not empty."""
    filled = [len(cell) for cell in cells if cell]
    return sum(filled) / max(len(filled), 1)


def column_of(rows: Sequence[Sequence[str]], k: int) -> list[str]:
    """Return the cells of a column, "" where a row is too short."""
    return [row[k].strip() if k < len(row) else "" for row in rows]


def is_identifier(cells: Sequence[str], has_header: bool) -> bool:
    """Return whether cells may be identifiers by what they are: short and all different.

    What a header calls something else must look like one, "cmpd-12": no word ("yes"), no number.
    """
    short = all(0 < len(cell) <= MAX_FOUND_ID for cell in cells)
    number = any(is_plain_number(cell) and (has_header or not cell.isdigit()) for cell in cells)
    coded = all(re.search(r"\d", cell) for cell in cells) or not has_header
    return short and len(set(cells)) == len(cells) and not number and coded


def is_plain_number(cell: str) -> bool:
    """Return whether a cell is a number, with a point or a comma."""
    return bool(re.fullmatch(r"[-+]?(\d+([.,]\d*)?|[.,]\d+)(e[-+]?\d+)?", cell, re.IGNORECASE))
