"""Records: what every structure reader does with one record, so that none is ever lost."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from rdkit import Chem

from core.errors import DomainError, EigenscopeError, InputError
from core.structure.domain import MODEL_DOMAIN
from core.structure.entry import FAILED, OK, REFUSED, Entry, unnamed
from core.structure.geometry import Geometry
from core.structure.molecule import MAX_ATOMS, Molecule, parse_inchi, parse_smiles

MAX_FILE_MB = 20
MAX_ROWS = 20_000
MAX_LINE_NOTATION = 2_000  # characters of one SMILES or InChI; MAX_ATOMS atoms need a few hundred
MAX_GRAPH_ATOMS = 4 * MAX_ATOMS  # atoms written out beyond which RDKit's perception is not even begun
MAX_ID = 200  # characters of an identifier that are kept
MAX_TEXT = 10_000  # characters of one property that are kept

# C0, C1, soft hyphen, zero-width and bidirectional marks, byte order mark, lone surrogates
_CONTROL = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)


class Structure(NamedTuple):
    """What one record holds.

    Attributes
    ----------
    molecule, geometry : Molecule or None, Geometry or None
        Either may be missing.
    notes : tuple of str
        What was assumed, converted or left aside: `Entry.notes`.
    """

    molecule: Molecule | None
    geometry: Geometry | None = None
    notes: tuple[str, ...] = ()


def read_record(
    row: int, identifier: str, *, read: Callable[[], Structure], properties: Mapping[str, str] | None = None
) -> Entry:
    """Return the entry of one record: whatever `read` raises becomes its status and reason.

    What the models cannot be asked about is refused here already, so that a page can say so before a run; molecule and
    geometry stay, and another domain may take it (`Entry.within`).

    Parameters
    ----------
    row : int
        1-based position among the records.
    identifier : str
        As found; control characters are dropped, "" becomes "row <n>".
    read : callable
        Returns the structure. A `properties` dict that it fills is kept too.
    """
    kept = {} if properties is None else properties
    structure, status, reason = Structure(None), OK, ""
    try:
        structure = read()
    except DomainError as error:
        status, reason = REFUSED, _sentence(error)
    except EigenscopeError as error:
        status, reason = FAILED, _sentence(error)
    except (ValueError, RuntimeError, OverflowError) as error:  # what RDKit throws from C++ on input it cannot bear
        status, reason = FAILED, f"the structure cannot be read: {_sentence(error)}"
    entry = Entry(
        row=row,
        id=clean_id(identifier) or unnamed(row),
        molecule=structure.molecule,
        geometry=structure.geometry,
        properties={clean_id(str(k)): clean_text(str(v)) for k, v in kept.items()},
        status=status,
        reason=reason,
        notes=tuple(clean_text(note) for note in structure.notes),
    )
    checked = entry.within(MODEL_DOMAIN)
    return replace(checked, geometry=None) if checked.status == FAILED else checked


def parse_line_notation(text: str) -> Molecule:
    """Return the molecule of one SMILES or InChI, bounded in length and size.

    Raises
    ------
    InputError
        If it is empty, longer than MAX_LINE_NOTATION or unreadable.
    DomainError
        If it writes out more than MAX_GRAPH_ATOMS atoms: too many for any perception to be tried.
    """
    text = text.strip()
    if len(text) > MAX_LINE_NOTATION:
        raise InputError(f"a SMILES or InChI must have at most {MAX_LINE_NOTATION} characters, got {len(text)}")
    if text.startswith("InChI="):
        return parse_inchi(text)
    graph = Chem.MolFromSmiles(text, sanitize=False) if len(text) > MAX_GRAPH_ATOMS else None
    if graph is not None and graph.GetNumAtoms() > MAX_GRAPH_ATOMS:
        raise DomainError(f"at most {MAX_ATOMS} atoms, found more than {MAX_GRAPH_ATOMS}")
    return parse_smiles(text)


def is_readable(text: str) -> bool:
    """Whether a SMILES or InChI parses; whether the models cover it does not matter here."""
    try:
        parse_line_notation(text)
    except DomainError:
        return True
    except (EigenscopeError, ValueError, RuntimeError):
        return False
    return True


def check_rows(n_rows: int) -> None:
    """Raise InputError when a file holds more records than are read."""
    if n_rows > MAX_ROWS:
        raise InputError(f"nothing was read: a file may hold at most {MAX_ROWS:,} rows, this one holds {n_rows:,}")


def split_lines(text: str) -> list[str]:
    """Split at line ends alone; str.splitlines also cuts at form feeds and Unicode separators."""
    return re.split(r"\r\n|\r|\n", text)


def iterate_lines(text: str) -> Iterator[str]:
    """Yield the lines that `split_lines` returns, without cutting all of a text of which only a part is wanted."""
    start = 0
    for end in re.finditer(r"\r\n|\r|\n", text):
        yield text[start : end.start()]
        start = end.end()
    yield text[start:]


def clean_text(text: str) -> str:
    """Drop control and invisible direction characters (tabs and line ends stay); at most MAX_TEXT are kept."""
    return _CONTROL.sub("", text[:MAX_TEXT]).strip()


def clean_id(text: str) -> str:
    """One line of visible characters, at most MAX_ID of them."""
    line = " ".join(clean_text(text).split())
    return line if len(line) <= MAX_ID else line[: MAX_ID - 1] + "…"


def _sentence(error: Exception) -> str:
    return clean_text(str(error))[:500]
