"""Where a library's inputs come from: the built-in recipe, or entries that the readers made."""

import csv
from collections.abc import Sequence

from core.assets import LIBRARIES
from core.errors import InputError
from core.structure.entry import Entry
from core.structure.molecule import Molecule

HOME_RECIPE = "c7h10o2"
CONSTITUTION = "constitution_id"  # the property that carries QM9's index


def load_source(source: str | Sequence[Entry]) -> tuple[list[Entry], str]:
    """Return the entries, and the first part of their ids ("" = each keeps its own).

    Raises
    ------
    InputError
        If a name is not that of a built-in recipe.
    """
    if not isinstance(source, str):
        return list(source), ""
    if source != HOME_RECIPE:
        raise InputError(f"a built-in library must be {HOME_RECIPE!r}, got {source!r}")
    return load_constitutions(), HOME_RECIPE


def load_constitutions() -> list[Entry]:
    """Return the 6,094 C7H10O2 constitutional isomers of QM9 (CC0), no stereochemistry, ids = QM9 indices."""
    with (LIBRARIES / f"{HOME_RECIPE}_constitutions.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [
        Entry(n, row[CONSTITUTION], Molecule(row["smiles"]), properties={CONSTITUTION: row[CONSTITUTION]})
        for n, row in enumerate(rows, start=1)
    ]
