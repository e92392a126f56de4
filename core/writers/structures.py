"""Structures out: SDF and extended XYZ."""

import io
import re

import numpy as np
import pandas as pd
from rdkit import Chem
from rdkit.Chem import rdDepictor
from rdkit.Chem.rdchem import Mol

from core.structure.lay import bare_atoms, place_atoms
from core.writers.cells import _cell, _is_list, _one_line
from core.writers.tables import _GEOMETRY_COLUMNS


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


def _structure(row: pd.Series) -> Mol:
    """Return the molecule to write for a row: 3-D, else 2-D, else empty."""
    text = row.get("smiles")
    mol = Chem.MolFromSmiles(text) if isinstance(text, str) and text else None
    if _is_list(row.get("numbers")):
        numbers = np.asarray(row["numbers"], dtype=int)
        positions = np.asarray(row["positions"], dtype=np.float64).reshape(-1, 3)
        placed = place_atoms(mol, numbers, positions) if mol is not None else bare_atoms(numbers, positions)
        if placed is not None:
            return placed
    if mol is None:
        return Chem.Mol()
    rdDepictor.Compute2DCoords(mol)
    return mol
