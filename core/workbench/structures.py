"""Which structures a table of ids and levels may be about: those of a file beside it, and of the libraries at hand."""

from collections import Counter
from collections.abc import Sequence

from core.errors import InputError
from core.library.sources import SHIPPED
from core.library.store import load_library
from core.structure.entry import Entry
from core.structure.geometry import Geometry


def structures_by_id(entries: Sequence[Entry] = ()) -> dict[str, Geometry]:
    """Return geometries by id: of the libraries that come with the program, and, before them, of a user's own entries.

    Raises
    ------
    InputError
        If two own entries have one id.
    """
    own = [(entry.id, entry.geometry) for entry in entries if entry.geometry is not None]
    for name, count in Counter(name for name, _ in own).most_common(1):
        if count > 1:
            raise InputError(f"ids of structures must differ, {count} are called {name!r}")
    found: dict[str, Geometry] = {}
    for library in SHIPPED.values():
        if library.path.exists():
            table = load_library(library.path)
            rows = zip(table["id"], table["numbers"], table["positions"], strict=True)
            found |= {str(name): Geometry(numbers, positions) for name, numbers, positions in rows}
    return found | dict(own)
