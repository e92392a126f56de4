"""Rows of one input that are the same molecule: made and predicted once, and each says so."""

from collections.abc import Sequence
from dataclasses import replace

from core.structure.entry import OK, Entry


def first_places(entries: Sequence[Entry]) -> list[int]:
    """Return, for each entry, the place of the first one that is the same molecule: its own where there is none before.

    The same is what has the same canonical isomeric SMILES and no geometry of its own. An InChIKey would not do: tautomers
    share one, and are different molecules in 3-D.

    Examples
    --------
    >>> from core.structure.molecule import Molecule
    >>> first_places([Entry(1, "a", Molecule("CCO")), Entry(2, "b", Molecule("C")), Entry(3, "c", Molecule("CCO"))])
    [0, 1, 0]
    """
    seen: dict[str, int] = {}
    return [
        seen.setdefault(entry.molecule.smiles, place) if is_flat(entry) and entry.molecule else place
        for place, entry in enumerate(entries)
    ]


def is_flat(entry: Entry) -> bool:
    """Return whether an entry has yet to get a geometry."""
    return entry.status == OK and entry.molecule is not None and entry.geometry is None


def as_first(entry: Entry, placed: Entry, first: Entry) -> Entry:
    """Return an entry with what became of the first of its molecule on its way into 3-D, and a note that says so.

    Parameters
    ----------
    placed, first : Entry
        The first one, after and before.
    """
    came = placed.notes[len(first.notes) :]
    once = (f"the same molecule as row {first.row}, computed once",) if placed.status == OK else ()
    notes = (*entry.notes, *came, *once)
    came_out = {name: getattr(placed, name) for name in ("geometry", "ensemble", "status", "reason")}
    return replace(entry, notes=notes, **came_out)
