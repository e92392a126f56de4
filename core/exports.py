"""Tables and spectra out, as bytes that a browser or the CLI saves: what is written reads back."""

import io
import json
import math
import re
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from rdkit import Chem
from rdkit.Chem import rdDepictor
from rdkit.Chem.rdchem import Mol
from rdkit.Geometry import Point3D

from core import __version__
from core.spectrum import Spectrum

# how far a bond of the SMILES may be in the geometry, in sums of covalent radii, for the two to fit
_MAX_BOND_FACTOR = 1.3
_PLAIN_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
_GEOMETRY_COLUMNS = ("numbers", "positions")


def table_to_csv(table: pd.DataFrame) -> bytes:
    """Return UTF-8 CSV; lists are joined by ";", and text that a spreadsheet would run gets a leading apostrophe."""
    columns = {
        _inert(str(name)): [_inert(v) if isinstance(v, str) else _cell(v) for v in table[name]]
        for name in table.columns
    }
    return pd.DataFrame(columns, index=range(len(table))).to_csv(index=False).encode()


def table_to_parquet(table: pd.DataFrame) -> bytes:
    """Return Parquet; lists stay lists, and `core.readers.structures` reads it again."""
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pandas(table, preserve_index=False), buffer, compression="zstd")
    return buffer.getvalue()


def table_to_json(table: pd.DataFrame) -> bytes:
    """Return a JSON array with one object a row; NaN and None are null."""
    columns = {str(name): [_plain(value) for value in table[name]] for name in table.columns}
    records = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return json.dumps(records, ensure_ascii=False, allow_nan=False, indent=1).encode()


def table_to_sdf(table: pd.DataFrame) -> bytes:
    """Return one SDF record a row, in order, with every scalar column and the levels as data fields.

    A row with a geometry is written in 3-D with the bonds of its SMILES; one without, or whose SMILES cannot be laid
    on its geometry, in 2-D; one without any structure has no atoms, so that no row is lost.
    """
    buffer = io.StringIO()
    with Chem.SDWriter(buffer) as writer:
        writer.SetKekulize(True)
        for _, row in table.iterrows():
            mol = _structure(row)
            mol.SetProp("_Name", _one_line(str(row.get("id", "")))[:80])
            for name, value in row.items():
                text = _one_line(_cell(value))
                if text and name not in _GEOMETRY_COLUMNS:
                    mol.SetProp(re.sub(r"[<>\s]+", " ", str(name)).strip() or "field", text)
            writer.write(mol)
    return buffer.getvalue().encode()


def table_to_extxyz(table: pd.DataFrame) -> bytes:
    """Return one extended XYZ frame for each row that has a geometry; scalar columns stand in the comment line."""
    frames = []
    for _, row in table.iterrows():
        if not _is_list(row.get("numbers")):
            continue
        pairs = ["Properties=species:S:1:pos:R:3", 'pbc="F F F"']
        for name, value in row.items():
            text = _one_line(_cell(value))
            if text and name not in _GEOMETRY_COLUMNS:
                # ASE's own writer leaves backslashes (F/C=C\F) bare and loses them when read back
                escaped = text.replace("\\", "\\\\").replace('"', '\\"')
                pairs.append(f'{re.sub(r"[^A-Za-z0-9_]+", "_", str(name))}="{escaped}"')
        symbols = [Chem.GetPeriodicTable().GetElementSymbol(int(z)) for z in row["numbers"]]
        positions = np.asarray(row["positions"], dtype=np.float64).reshape(-1, 3)
        lines = [f"{s:2} {x:14.8f} {y:14.8f} {z:14.8f}" for s, (x, y, z) in zip(symbols, positions, strict=True)]
        frames.append("\n".join([str(len(symbols)), " ".join(pairs), *lines]) + "\n")
    return "".join(frames).encode()


def spectrum_to_csv(spectrum: Spectrum) -> bytes:
    """Return two columns, orbital energy [eV] and density [states/eV]."""
    lines = [f"{x:.6f},{y:.8g}" for x, y in zip(spectrum.energies_ev, spectrum.density, strict=True)]
    return ("orbital_energy_ev,density_states_per_ev\n" + "\n".join(lines) + "\n").encode()


def spectrum_to_jcamp(spectrum: Spectrum, *, title: str = "") -> bytes:
    """Return JCAMP-DX 5.01 text; energies are orbital energies in eV, reading it back agrees to 1e-6 of the maximum.

    An even grid is written as XYDATA (X++(Y..Y)), any other as XYPOINTS (XY..XY).
    """
    x, y = spectrum.energies_ev, spectrum.density
    is_even = len(x) > 1 and np.allclose(np.diff(x), (x[-1] - x[0]) / (len(x) - 1), rtol=0, atol=1e-6)
    y_factor = (float(np.abs(y).max()) or 1.0) / 1e8
    ordinates = np.rint(y / y_factor).astype(np.int64)
    head = {
        "TITLE": _jcamp_text(title or spectrum.label) or "spectrum",
        "JCAMP-DX": f"5.01 $$ Eigenscope {__version__}",
        "DATA TYPE": "DENSITY OF STATES",
        "ORIGIN": "Eigenscope",
        "OWNER": "public domain",
        "$AXIS": "ORBITAL ENERGY",
        "XUNITS": "EV",
        "YUNITS": "STATES/EV",
        "XFACTOR": "1",
        "YFACTOR": f"{y_factor:.12g}" if is_even else "1",
        "FIRSTX": f"{x[0]:.8f}",
        "LASTX": f"{x[-1]:.8f}",
        "FIRSTY": f"{y[0]:.8g}",
        "MAXY": f"{y.max():.8g}",
        "MINY": f"{y.min():.8g}",
        "NPOINTS": str(len(x)),
    }
    if is_even:
        head |= {"DELTAX": f"{(x[-1] - x[0]) / (len(x) - 1):.10f}", "XYDATA": "(X++(Y..Y))"}
        body = [f"{x[k]:.6f} " + " ".join(map(str, ordinates[k : k + 5])) for k in range(0, len(x), 5)]
    else:
        head |= {"XYPOINTS": "(XY..XY)"}
        body = [f"{a:.8f}, {b:.8g}" for a, b in zip(x, y, strict=True)]
    lines = [f"##{label}={value}" for label, value in head.items()] + body + ["##END="]
    return ("\r\n".join(lines) + "\r\n").encode("ascii")


def _structure(row: pd.Series) -> Mol:
    """Return the molecule to write for a row: 3-D, else 2-D, else empty."""
    text = row.get("smiles")
    mol = Chem.MolFromSmiles(text) if isinstance(text, str) and text else None
    if _is_list(row.get("numbers")):
        numbers = np.asarray(row["numbers"], dtype=int)
        positions = np.asarray(row["positions"], dtype=np.float64).reshape(-1, 3)
        placed = place_atoms(mol, numbers, positions) if mol is not None else _bare_atoms(numbers, positions)
        if placed is not None:
            return placed
    if mol is None:
        return Chem.Mol()
    rdDepictor.Compute2DCoords(mol)
    return mol


def place_atoms(mol: Mol, numbers: np.ndarray, positions: np.ndarray) -> Mol | None:
    """Return the molecule with its hydrogens, each atom where the geometry has it; stereochemistry from the geometry.

    Parameters
    ----------
    mol : RDKit molecule, hydrogens implicit
    numbers : (n_atoms,) int
        In any order.
    positions : (n_atoms, 3) float64 [Angstrom]

    Returns
    -------
    The molecule, atoms in the geometry's order; None where its bonds cannot be laid on the geometry.
    """
    full = Chem.AddHs(mol)
    if sorted(a.GetAtomicNum() for a in full.GetAtoms()) != sorted(numbers.tolist()):
        return None
    order = list(range(len(numbers)))
    if [a.GetAtomicNum() for a in full.GetAtoms()] != numbers.tolist() or not _bonds_fit(full, positions):
        order = _match(full, numbers, positions)
        if not order:
            return None
    conformer = Chem.Conformer(len(numbers))
    for atom, place in enumerate(order):
        conformer.SetAtomPosition(atom, Point3D(*map(float, positions[place])))
    full.RemoveAllConformers()
    full.AddConformer(conformer, assignId=True)
    full = Chem.RenumberAtoms(full, np.argsort(order).tolist())
    Chem.AssignStereochemistryFrom3D(full, replaceExistingTags=True)
    return full


def _match(full: Mol, numbers: np.ndarray, positions: np.ndarray) -> list[int]:
    """Return the place in the geometry of each atom, by matching the two bond graphs; [] where they differ."""
    target = Chem.RWMol(_bare_atoms(numbers, positions))
    radii = _radii(numbers)
    distances = np.linalg.norm(positions[:, None] - positions[None], axis=-1)
    for i, j in np.argwhere(np.triu(distances < 1.15 * (radii[:, None] + radii[None]), k=1)).tolist():
        target.AddBond(i, j, Chem.BondType.SINGLE)
    graph = Chem.RWMol()
    for atom in full.GetAtoms():
        graph.AddAtom(Chem.Atom(atom.GetAtomicNum()))
    for bond in full.GetBonds():
        graph.AddBond(bond.GetBeginAtomIdx(), bond.GetEndAtomIdx(), Chem.BondType.SINGLE)
    if graph.GetNumBonds() != target.GetNumBonds():
        return []
    return list(target.GetSubstructMatch(graph))


def _bonds_fit(full: Mol, positions: np.ndarray) -> bool:
    radii = _radii(np.array([a.GetAtomicNum() for a in full.GetAtoms()]))
    ends = np.array([(b.GetBeginAtomIdx(), b.GetEndAtomIdx()) for b in full.GetBonds()], dtype=int).reshape(-1, 2)
    lengths = np.linalg.norm(positions[ends[:, 0]] - positions[ends[:, 1]], axis=1)
    return bool((lengths < _MAX_BOND_FACTOR * (radii[ends[:, 0]] + radii[ends[:, 1]])).all())


def _radii(numbers: np.ndarray) -> np.ndarray:
    return np.array([Chem.GetPeriodicTable().GetRcovalent(int(z)) for z in numbers])


def _bare_atoms(numbers: np.ndarray, positions: np.ndarray) -> Mol:
    """Return atoms in space without bonds, and without the hydrogens that RDKit would add to them."""
    mol = Chem.RWMol()
    conformer = Chem.Conformer(len(numbers))
    for k, (number, position) in enumerate(zip(numbers, positions, strict=True)):
        atom = Chem.Atom(int(number))
        atom.SetNoImplicit(True)
        mol.AddAtom(atom)
        conformer.SetAtomPosition(k, Point3D(*map(float, position)))
    mol.AddConformer(conformer, assignId=True)
    return mol.GetMol()


def _is_list(value: Any) -> bool:
    return isinstance(value, np.ndarray | list | tuple) and len(value) > 0


def _cell(value: Any) -> str:
    """Return a value as text: lists joined by ";", floats at their own precision, nothing for NaN and None."""
    if isinstance(value, np.ndarray | list | tuple):
        return ";".join(np.asarray(value).astype(str).tolist())
    if value is None or (isinstance(value, float | np.floating) and math.isnan(value)) or value is pd.NA:
        return ""
    return str(value)


def _plain(value: Any) -> Any:
    """Return a value as JSON has it."""
    if isinstance(value, np.ndarray | list | tuple):
        return [_plain(item) for item in np.asarray(value).tolist()]
    if isinstance(value, np.generic):
        value = value.item()
    if value is pd.NA or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _inert(text: str) -> str:
    """Keep a spreadsheet from running text: =, +, -, @, tab and return get an apostrophe before them."""
    runs = text[:1] in ("=", "+", "-", "@", "\t", "\r") and not _PLAIN_NUMBER.fullmatch(text)
    text = f"'{text}" if runs else text
    return text.replace("\r\n", "\n").replace("\r", "\n")  # a bare return is not quoted and would end the row


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return f" {line}" if line.startswith(("$$$$", ">")) else line


def _jcamp_text(text: str) -> str:
    """Return one line of printable ASCII without JCAMP-DX's own marks, 80 characters at most."""
    return " ".join(re.sub(r"[^ -~]|#{2,}|\${2,}", " ", text).split())[:80]
