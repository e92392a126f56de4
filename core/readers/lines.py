"""SMILES and InChI, one a line: `.smi`, `.txt`, `.inchi` and the text box."""

import re
from collections.abc import Sequence
from itertools import islice

from core.errors import InputError
from core.readers import records
from core.readers.atom_lines import is_atom_among_smiles
from core.readers.column_names import rank_structure_name
from core.readers.columns_found import meant_as_smiles
from core.readers.records import MAX_LINE_NOTATION, Structure, check_rows, is_readable, parse_line_notation, read_record
from core.structure.entry import Entry

N_LINES_SAMPLED = 50  # lines that are looked at to tell which comes first, SMILES or name
MAX_LISTS = 1_000  # lines of several molecules each
SEVERAL = "a line of several molecules: each is a row of its own"
NAME_FIRST = "names are read before the SMILES"

# SMILES, its CXSMILES extension in bars, then the rest; a comma or semicolon ends a SMILES (InChIs hold both)
_SMILES_LINE = re.compile(r"(?P<structure>[^\s,;]+)(?P<extension>\s+\|[^|]*\|)?[\s,;]*(?P<rest>.*)")
_INCHI_LINE = re.compile(r"(?P<structure>\S+)(?P<extension>)\s*(?P<rest>.*)")
_LINE = re.compile(r"[^\r\n]+")


def read_lines(text: str, *, may_be_prose: bool = True) -> list[Entry]:
    """Return one entry a line; empty lines, comments (`#`) and a header line are no records.

    A single line of several molecules, "CCO, CC, C", is a row a molecule. Where the second words read as molecules and the
    first do not, names stand first.

    Parameters
    ----------
    may_be_prose : bool
        Whether to refuse text that is plainly something else, rather than answer each of its lines.

    Raises
    ------
    InputError
        If there is no record, there are too many, or the text is running prose or another format.
    """
    found = (match[0].strip() for match in _LINE.finditer(text))
    lines = list(islice((line for line in found if line and not line.startswith("#")), records.MAX_ROWS + 2))
    if lines and is_header_line(lines[0]):
        lines = lines[1:]
    if not lines:
        raise InputError("nothing to read: no line holds a SMILES or an InChI")
    if len(lines) > records.MAX_ROWS:
        check_rows(sum(1 for match in _LINE.finditer(text) if match[0].strip()))
    if may_be_prose and _is_prose(lines):
        got = lines[0][:60]
        raise InputError(f"nothing was read: not one of {len(lines)} lines is a SMILES or an InChI, got {got!r}")
    several = split_lists(lines)
    if several:
        check_rows(len(several))
        return [read_line(row, line, notes=(SEVERAL,)) for row, line in enumerate(several, start=1)]
    names_first = have_names_first(lines)
    return [read_line(row, line, names_first=names_first) for row, line in enumerate(lines, start=1)]


def split_line(line: str) -> tuple[str, str]:
    """Split a line into its SMILES or InChI and the rest: "CCO ethanol" -> ("CCO", "ethanol")."""
    match = (_INCHI_LINE if line.startswith("InChI=") else _SMILES_LINE).fullmatch(line)
    if match is None:
        return line, ""
    return match["structure"] + (match["extension"] or ""), match["rest"]


def split_lists(lines: Sequence[str]) -> list[str]:
    """Return the molecules of lines that hold nothing but molecules, some of them several; [] for all other lines."""
    if len(lines) > MAX_LISTS:
        return []
    parts = [split_several(line) if len(line.split()) > 1 or re.search("[,;]", line) else [line] for line in lines]
    if max(map(len, parts)) < 2 or not all(parts):
        return []
    if len(lines) > 1 and not all(is_readable(part) for line in parts for part in line):
        return []
    return [part for line in parts for part in line]


def split_several(line: str) -> list[str]:
    """Return the molecules of a line that holds nothing but several, an unreadable one among them; [] for all other lines."""
    if line.startswith("InChI="):
        return [part.strip() for part in re.split(r"[,;\s]+(?=InChI=)", line)] if line.count("InChI=") > 1 else []
    if "|" in line:
        return []
    cut = r"[,;]" if re.search("[,;]", line) else r"\s+"
    parts = [part.strip() for part in re.split(cut, line) if part.strip()]
    if not 1 < len(parts) <= records.MAX_ROWS or any(len(part.split()) > 1 for part in parts):
        return []
    readable = sum(map(is_readable, parts))
    if readable == len(parts):
        return parts
    if cut != "[,;]" or 2 * readable < len(parts) or max(map(len, parts)) > MAX_LINE_NOTATION:
        return []
    is_list = len(parts) > 2 and 3 * readable >= 2 * len(parts)
    return parts if is_list or all(map(meant_as_smiles, parts)) else []


def is_header_line(line: str) -> bool:
    """Return whether a line names columns of which one is a structure's: "SMILES Name", "mol_smiles<tab>mol_name"."""
    words = re.split(r"[\s,;]+", line)[:20]
    if is_readable(words[0]) or len(line) > 1_000:
        return False
    return rank_structure_name(words[0]) is not None or any(rank_structure_name(w) is not None for w in words[1:])


def have_names_first(lines: Sequence[str]) -> bool:
    """Return whether the second words of lines read as molecules and the first do not, more often than the other way round."""
    words = [re.split(r"[\s,;]+", line, maxsplit=2) for line in lines[:N_LINES_SAMPLED]]
    words = [w for w in words if len(w) > 1 and not w[0].startswith("InChI=")]
    if not words:
        return False
    first, second = (sum(is_readable(w[k]) for w in words) for k in (0, 1))
    return 2 * first < len(words) <= 2 * second


def read_line(row: int, line: str, *, names_first: bool = False, notes: tuple[str, ...] = ()) -> Entry:
    """Return the entry of one line: a SMILES or an InChI, and its name behind it, or before it, where there is one."""
    if names_first and len(parts := re.split(r"[\s,;]+", line, maxsplit=1)) == 2:
        own, line = parts
        structure, rest = split_line(line)
        name, more = own, [rest] if rest else []
        notes = (*notes, NAME_FIRST)
    else:
        structure, rest = split_line(line)
        name, *more = rest.split("\t")
    properties = {f"field {k}": value for k, value in enumerate(more, start=3)}

    def read() -> Structure:
        if is_atom_among_smiles(line):
            raise InputError(f"a line of coordinates is no SMILES, got {line[:60]!r}")
        return Structure(parse_line_notation(structure), None, notes)

    return read_record(row, name, read=read, properties=properties)


def _is_prose(lines: Sequence[str]) -> bool:
    """Whether no line parses and most are no `structure name` pairs: sentences, logs, other programs' files."""
    if len(lines) < 3 or any(is_readable(split_line(line)[0]) for line in lines):
        return False
    return sum(len(line.split()) > 3 or not re.search(r"[CNOFcno]", line) for line in lines) > 0.5 * len(lines)
