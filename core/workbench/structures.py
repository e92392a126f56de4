"""Which structures a table of ids and levels may be about: those of a file beside it, and of the libraries at hand."""

from collections.abc import Sequence

from core.library.sources import SHIPPED
from core.library.store import load_library
from core.structure.entry import Entry
from core.structure.geometry import Geometry


def structures_by_id(entries: Sequence[Entry] = ()) -> dict[str, Geometry]:
    """Return geometries by id: of the libraries that come with the program, and, before them, of a user's own entries."""
    found: dict[str, Geometry] = {}
    for library in SHIPPED.values():
        if library.path.exists():
            table = load_library(library.path)
            rows = zip(table["id"], table["numbers"], table["positions"], strict=True)
            found |= {str(name): Geometry(numbers, positions) for name, numbers, positions in rows}
    return found | {entry.id: entry.geometry for entry in entries if entry.geometry is not None}
