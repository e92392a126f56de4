"""Libraries on disk: one Parquet file each, checked when loaded."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from core.assets import LIBRARIES
from core.elements import ELEMENTS
from core.errors import InputError
from core.files import whole_file
from core.library.descriptors import DESCRIPTORS
from core.quantities import OWN_PREFIX
from core.structure.entry import unnamed
from core.structure.geometry import AS_GIVEN
from core.table import NO_CONFORMERS

LIBRARY_NOTES = b"eigenscope_library"  # key of the JSON with recipe, counts and source in the Parquet's own metadata
COUNT_TYPE, FLOAT_TYPE, TEXT_TYPE = pa.int16(), pa.float32(), pa.string()
# Column -> (Arrow type, what it is [unit]). The first part must be there for a file to be a library.
IDENTITY: dict[str, tuple[pa.DataType, str]] = {
    "id": (TEXT_TYPE, "unique within the library"),
    "smiles": (
        TEXT_TYPE,
        "RDKit canonical isomeric SMILES, read back from the relaxed geometry; '' where bonds are unknown",
    ),
    "inchikey": (TEXT_TYPE, "standard InChIKey of `smiles`"),
    "constitution_id": (TEXT_TYPE, "the input this stereoisomer came from; QM9's index in the home library"),
    "formula": (TEXT_TYPE, "Hill formula"),
    "n_atoms": (COUNT_TYPE, "all atoms, hydrogens included"),
    "numbers": (
        pa.list_(pa.uint8()),
        "atomic numbers, n_atoms long, in the order of `smiles`, hydrogens after; as given where given",
    ),
    "positions": (pa.list_(pa.float32()), "coordinates, 3 n_atoms long, row-major [Angstrom]"),
    "xtb_energy_ev": (pa.float64(), "GFN2-xTB total energy where it left the atoms [eV]; NaN where it did not"),
    "geometry": (TEXT_TYPE, "how the positions were made"),
    "note": (TEXT_TYPE, "what was assumed of the input, converted or left aside"),
    "n_conformers": (COUNT_TYPE, "conformers here; the columns of conformers are empty where there is one"),
    "conformer_energies_ev": (pa.list_(FLOAT_TYPE), "of each above the first, by GFN2-xTB [eV]"),
    "conformer_degeneracies": (pa.list_(COUNT_TYPE), "how many each stands for: 2 where its mirror image is another"),
    "conformer_positions": (
        pa.list_(FLOAT_TYPE),
        "coordinates of each, 3 n_atoms long one after another, the first those of `positions` [Angstrom]",
    ),
}
_TYPES = {
    "ring_sizes": TEXT_TYPE,
    "groups": pa.list_(TEXT_TYPE),
    "logp": FLOAT_TYPE,
    "tpsa": FLOAT_TYPE,
    "fraction_sp3": FLOAT_TYPE,
}
SCHEMA = pa.schema(
    [pa.field(name, kind, metadata={"what": what}) for name, (kind, what) in IDENTITY.items()]
    + [pa.field(name, _TYPES.get(name, COUNT_TYPE), metadata={"what": what}) for name, what in DESCRIPTORS.items()]
)
OF_FLOATS = ("positions", "conformer_positions", "conformer_energies_ev")  # split by bytes, a sixth smaller
OPTIONAL = ("note",)  # of a library that is written
REQUIRED_OF_LIBRARY = ("numbers", "positions")


def save_library(library: pd.DataFrame, path: Path | str, *, notes: Mapping[str, Any]) -> None:
    """Write a library; `notes` (JSON) go into the file's own metadata. The file appears whole or not at all.

    Behind the columns of SCHEMA come the input's own, as text.
    """
    own = [pa.field(str(name), TEXT_TYPE) for name in library.columns if str(name).startswith(OWN_PREFIX)]
    schema = pa.schema([field for field in SCHEMA if field.name in library.columns or field.name not in OPTIONAL] + own)
    columns = [pa.array(library[field.name], type=field.type, from_pandas=True) for field in schema]  # NaN counts: null
    table = pa.Table.from_arrays(columns, schema=schema)
    table = table.replace_schema_metadata({LIBRARY_NOTES: json.dumps(notes, sort_keys=True)})
    with whole_file(Path(path)) as draft:
        pq.write_table(
            table,
            draft,
            compression="zstd",
            compression_level=19,
            write_page_checksum=True,
            use_dictionary=[name for name in schema.names if name not in OF_FLOATS],
            use_byte_stream_split=[f"{name}.list.element" for name in OF_FLOATS],
        )


def load_library(path: Path | str) -> pd.DataFrame:
    """Return a library, one row a molecule; `numbers` (n_atoms,) uint8, `positions` (3 n_atoms,) float32 [Angstrom].

    Columns that can be derived are filled in: id "row <n>", n_atoms, smiles "", geometry "as given". Bad rows are not
    this function's business: a scan answers them row by row. The library's notes (recipe, counts) are in
    `DataFrame.attrs["notes"]`.

    Raises
    ------
    InputError
        If the file is missing, no Parquet or a damaged one, lacks one of REQUIRED_OF_LIBRARY, or is empty.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"a library must be a Parquet file, found none at {path.name}")
    try:
        table = pq.read_table(path, page_checksum_verification=True)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InputError(f"{path.name} must be a whole Parquet file: {one_line(error)}") from error
    missing = [name for name in REQUIRED_OF_LIBRARY if name not in table.column_names]
    if missing:
        raise InputError(
            f"{path.name} must have the columns {', '.join(REQUIRED_OF_LIBRARY)}; missing: {', '.join(missing)}"
        )
    wrong = [name for name in REQUIRED_OF_LIBRARY if not is_numbers(table.schema.field(name).type)]
    if wrong:
        raise InputError(f"{path.name}: {' and '.join(wrong)} must hold one list of numbers a row")
    try:
        library = table.to_pandas()
        notes = json.loads((table.schema.metadata or {}).get(LIBRARY_NOTES, b"{}"))
    except (pa.ArrowException, ValueError) as error:
        raise InputError(f"{path.name} is damaged: {one_line(error)}") from error
    if library.empty:
        raise InputError(f"{path.name} must hold at least one molecule, got none")
    derived = {
        "id": [unnamed(k) for k in range(1, len(library) + 1)],
        "smiles": "",
        "n_atoms": [0 if n is None else len(n) for n in library["numbers"]],
        "geometry": AS_GIVEN,
        **NO_CONFORMERS,
        "n_conformers": 1,
    }
    library = library.assign(**{name: values for name, values in derived.items() if name not in library})
    library.attrs["notes"] = notes
    return library


def is_library(path: Path) -> bool:
    """Return whether a file is a library, or a damaged or missing one by its name: not one of molecules of any other kind."""
    try:
        return set(REQUIRED_OF_LIBRARY) <= set(pq.read_schema(path).names)
    except (OSError, ValueError, pa.ArrowException):
        return path.suffix.lower() == ".parquet"


def is_numbers(kind: pa.DataType) -> bool:
    """Return whether a column holds lists of numbers; one without any value may be of no type at all."""
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        inner = kind.value_type
        return bool(pa.types.is_integer(inner) or pa.types.is_floating(inner) or pa.types.is_null(inner))
    return bool(pa.types.is_null(kind))


def one_line(error: Exception) -> str:
    """Return what went wrong, short enough for a sentence."""
    return " ".join(str(error).split())[:120]


def library_info(library: pd.DataFrame) -> dict[str, Any]:
    """Return what a library is, for a page or the command line.

    Keys: n_molecules, n_conformers (of all), n_constitutions, formulae {formula: n}, elements, geometry {origin: n},
    n_atoms (smallest, largest), groups {name: n}, notes.
    """
    from rdkit import Chem

    table = Chem.GetPeriodicTable()
    present = {
        table.GetElementSymbol(int(z)) for z in np.unique(np.concatenate(library["numbers"].dropna().tolist() or [[]]))
    }
    order = {symbol: n for n, symbol in enumerate(e.symbol for e in ELEMENTS)}

    def count(column: str) -> dict[str, int]:
        return {str(k): int(n) for k, n in library[column].value_counts().items()} if column in library else {}

    return {
        "n_molecules": len(library),
        "n_conformers": int(library["n_conformers"].sum()),
        "n_constitutions": int(library["constitution_id"].nunique()) if "constitution_id" in library else None,
        "formulae": count("formula"),
        "elements": sorted(present, key=lambda symbol: order.get(symbol, 99)),
        "geometry": count("geometry"),
        "n_atoms": (int(library["n_atoms"].min()), int(library["n_atoms"].max())),
        "groups": {}
        if "groups" not in library
        else {k: int(n) for k, n in library["groups"].explode().value_counts().items()},
        "notes": library.attrs.get("notes", {}),
    }


def find_libraries(folder: Path | str = LIBRARIES) -> dict[str, Path]:
    """Return the libraries in a folder by name (the file's, without its ending)."""
    return {path.stem: path for path in sorted(Path(folder).glob("*.parquet")) if not path.stem.endswith("_map")}
