"""Where a library's inputs come from: recipes of the libraries that come with the program, or entries that readers made."""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.assets import HOME_LIBRARY, LIBRARIES
from core.errors import InputError
from core.library.constitutions import enumerate_constitutions, open_alkenes
from core.structure.entry import Entry
from core.structure.molecule import Molecule

CONSTITUTION = "constitution_id"  # the property that carries QM9's index, or the number in the recipe's list


@dataclass(frozen=True)
class ShippedLibrary:
    """A library that comes with the program.

    Attributes
    ----------
    recipe : str
        Its name for `library build`, and the first part of its molecules' ids.
    title, part : str
        For pages: its name, and which part of all molecules of its formula it is.
    path : Path
        Its file.
    load_inputs : callable () -> list of Entry
        Its constitutions, no stereochemistry.
    """

    recipe: str
    title: str
    part: str
    path: Path
    load_inputs: Callable[[], list[Entry]]


def load_source(source: str | Sequence[Entry]) -> tuple[list[Entry], str]:
    """Return the entries, and the first part of their ids ("" = each keeps its own).

    Raises
    ------
    InputError
        If a name is not that of a built-in recipe.
    """
    if not isinstance(source, str):
        return list(source), ""
    if source not in RECIPES:
        raise InputError(f"a built-in library must be one of {', '.join(RECIPES)}, got {source!r}")
    return RECIPES[source].load_inputs(), source


def load_constitutions() -> list[Entry]:
    """Return the 6,094 C7H10O2 constitutional isomers of QM9 (CC0), no stereochemistry, ids = QM9 indices."""
    with (LIBRARIES / "c7h10o2_constitutions.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [
        Entry(n, row[CONSTITUTION], Molecule(row["smiles"]), properties={CONSTITUTION: row[CONSTITUTION]})
        for n, row in enumerate(rows, start=1)
    ]


def enumerate_alkenes() -> list[Entry]:
    """Return the C7H10O2 constitutions of `core.library.constitutions.open_alkenes`, none of them QM9's: 20 seconds."""
    of_qm9 = {entry.molecule.smiles for entry in load_constitutions() if entry.molecule is not None}
    chosen = [smiles for smiles in open_alkenes(enumerate_constitutions(7, 2, 3)) if smiles not in of_qm9]
    return [
        Entry(n, str(n), Molecule(smiles), properties={CONSTITUTION: str(n)})
        for n, smiles in enumerate(chosen, start=1)
    ]


HOME = ShippedLibrary(
    "c7h10o2",
    "C7H10O2 (home library)",
    "QM9's constitutions, which have nearly no C=C outside rings",
    HOME_LIBRARY,
    load_constitutions,
)
ALKENES = ShippedLibrary(
    "c7h10o2_alkenes",
    "C7H10O2 alkenes",
    "constitutions that QM9 lacks, with a C=C outside rings and at most one ring: dienes, enols, vinyl ethers, acrylates",
    LIBRARIES / "c7h10o2_alkenes.parquet",
    enumerate_alkenes,
)
SHIPPED = {"home": HOME, "alkenes": ALKENES}  # by the key that pages, addresses and session files have
RECIPES = {library.recipe: library for library in SHIPPED.values()}
