"""SMILES and InChI, one a line: `.smi`, `.txt`, `.inchi` and the text box."""

import re

from core.errors import InputError
from core.readers.records import check_rows, is_readable, parse_line_notation, read_record, split_lines
from core.structure.entry import Entry

HEADER_WORDS = ("smiles", "smi", "inchi", "canonical_smiles", "isomeric_smiles", "structure")

# SMILES, its CXSMILES extension in bars, then the rest; a comma or semicolon ends a SMILES (InChIs hold both)
_SMILES_LINE = re.compile(r"(?P<structure>[^\s,;]+)(?P<extension>\s+\|[^|]*\|)?[\s,;]*(?P<rest>.*)")
_INCHI_LINE = re.compile(r"(?P<structure>\S+)(?P<extension>)\s*(?P<rest>.*)")


def read_lines(text: str, *, may_be_prose: bool = True) -> list[Entry]:
    """Return one entry a line; empty lines, comments (`#`) and a header line are no records.

    Parameters
    ----------
    may_be_prose : bool
        Whether to refuse text that is plainly something else, rather than answer each of its lines.

    Raises
    ------
    InputError
        If there is no record, there are too many, or the text is running prose or another format.
    """
    lines = [line.strip() for line in split_lines(text)]
    lines = [line for line in lines if line and not line.startswith("#")]
    if lines and re.split(r"[\s,;]", lines[0].lower())[0] in HEADER_WORDS:
        lines = lines[1:]
    if not lines:
        raise InputError("nothing to read: no line holds a SMILES or an InChI")
    check_rows(len(lines))
    if may_be_prose and _is_prose(lines):
        got = lines[0][:60]
        raise InputError(f"nothing was read: not one of {len(lines)} lines is a SMILES or an InChI, got {got!r}")
    return [read_line(row, line) for row, line in enumerate(lines, start=1)]


def split_line(line: str) -> tuple[str, str]:
    """Split a line into its SMILES or InChI and the rest: "CCO ethanol" -> ("CCO", "ethanol")."""
    match = (_INCHI_LINE if line.startswith("InChI=") else _SMILES_LINE).fullmatch(line)
    if match is None:
        return line, ""
    return match["structure"] + (match["extension"] or ""), match["rest"]


def read_line(row: int, line: str) -> Entry:
    """Return the entry of one line: a SMILES or an InChI, and its name behind it where there is one."""
    structure, rest = split_line(line)
    name, *more = rest.split("\t")
    properties = {f"field {k}": value for k, value in enumerate(more, start=3)}
    return read_record(row, name, read=lambda: (parse_line_notation(structure), None), properties=properties)


def _is_prose(lines: list[str]) -> bool:
    """Whether no line parses and most are no `structure name` pairs: sentences, logs, other programs' files."""
    if len(lines) < 3 or any(is_readable(split_line(line)[0]) for line in lines):
        return False
    return sum(len(line.split()) > 3 or not re.search(r"[CNOFcno]", line) for line in lines) > 0.5 * len(lines)
