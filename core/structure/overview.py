"""What was read of an input, before anything is computed: rows, those that cannot be used and why, repeats, elements."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from core.elements import COVERED_SYMBOLS
from core.structure.duplicates import first_places, is_flat
from core.structure.entry import FAILED, OK, REFUSED, Entry
from core.structure.salts import was_stripped

OWN_PART = re.compile(r"[:,]? got .*?(?= \([^()]*\)$|$)", re.DOTALL)  # of a reason: what this row held


@dataclass(frozen=True)
class Overview:
    """What an input holds.

    Attributes
    ----------
    n_rows, n_ready, n_refused, n_failed : int
        All rows; those that can be predicted; outside the domain; unreadable.
    n_read : int
        Rows of which a structure or a geometry was read, refused ones among them.
    n_repeats : int
        Rows that can be predicted and whose InChIKey an earlier one of them has.
    n_computed : int
        Molecules to be computed: fewer than `n_ready` where rows are the same molecule.
    n_given : int
        Of them, those that bring their geometry.
    n_atoms_to_place : int
        Atoms of the molecules that need a geometry, each molecule once.
    n_stripped : int
        Rows off which salts or solvents were taken.
    elements : dict of str to int
        Elements outside the domain, and in how many rows each is.
    """

    n_rows: int
    n_ready: int
    n_refused: int
    n_failed: int
    n_read: int
    n_repeats: int
    n_computed: int
    n_given: int
    n_atoms_to_place: int
    n_stripped: int
    elements: dict[str, int]

    def sentence(self) -> str:
        """Return it in one line: "500 rows read: 431 can be predicted, 40 refused, 29 unreadable; ..."."""
        parts = [f"{self.n_ready:,} can be predicted"]
        parts += [f"{self.n_refused:,} refused"] if self.n_refused else []
        parts += [f"{self.n_failed:,} unreadable"] if self.n_failed else []
        return "; ".join([f"{n_rows_text(self.n_rows)} read: {', '.join(parts)}", *self.remarks()])

    def remarks(self) -> list[str]:
        """Return what is worth knowing besides the counts, a phrase each."""
        remarks = []
        if self.n_repeats:
            n_saved = self.n_ready - self.n_computed
            tautomers = max(self.n_repeats - n_saved, 0)
            remarks.append(
                f"{n_rows_text(self.n_repeats)} repeat{'s' * (self.n_repeats == 1)} a molecule by InChIKey"
                + (", computed once" if not tautomers else f", {n_saved:,} of them computed once")
                + (f"; {tautomers:,} of other bonds (tautomers) or with coordinates" if tautomers else "")
            )
        if self.elements:
            found = ", ".join(f"{symbol} in {n_rows_text(n)}" for symbol, n in self.elements.items())
            remarks.append(f"elements outside the domain: {found}")
        if self.n_stripped:
            remarks.append(f"salts or solvents taken off {n_rows_text(self.n_stripped)}")
        return remarks


def n_rows_text(n: int) -> str:
    """Return "1 row", "1,200 rows"."""
    return f"{n:,} row{'s' * (n != 1)}"


def overview_of(entries: Sequence[Entry]) -> Overview:
    """Return what an input holds."""
    ready = [e for e in entries if e.status == OK]
    unique = [e for k, (e, place) in enumerate(zip(ready, first_places(ready), strict=True)) if k == place]
    keys = Counter(e.molecule.inchikey for e in ready if e.molecule is not None)
    statuses = Counter(e.status for e in entries)
    return Overview(
        n_rows=len(entries),
        n_ready=len(ready),
        n_refused=statuses[REFUSED],
        n_failed=statuses[FAILED],
        n_read=sum(e.molecule is not None or e.geometry is not None for e in entries),
        n_repeats=sum(n - 1 for key, n in keys.items() if key),
        n_computed=len(unique),
        n_given=sum(e.geometry is not None for e in unique),
        n_atoms_to_place=sum(e.molecule.n_atoms for e in unique if is_flat(e) and e.molecule),
        n_stripped=sum(map(was_stripped, entries)),
        elements=dict(Counter(symbol for e in entries for symbol in foreign_elements(e)).most_common()),
    )


def foreign_elements(entry: Entry) -> set[str]:
    """Return the elements of an entry that no model covers."""
    if entry.molecule is not None:
        found = {atom.GetSymbol() for atom in entry.molecule.rdkit.GetAtoms()}
    else:
        found = entry.geometry.elements if entry.geometry is not None else set()
    return found - set(COVERED_SYMBOLS)


def kind_of_reason(reason: str) -> str:
    """Return a reason without what is the row's own, so that like ones can be counted.

    Examples
    --------
    >>> kind_of_reason("SMILES cannot be read: got 'C1CC' (unclosed ring)")
    'SMILES cannot be read (unclosed ring)'
    """
    return OWN_PART.sub("", reason)
