"""Small files in the formats of other people's archives, made from shipped labels: what comes out can be known."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from reference_scan import labels

from core.labels.label_set import LabelSet
from core.structure.geometry import Geometry
from core.units import HARTREE_EV

INDEX_FREE = 200_001  # beyond QM9's last: neither a test nor a reserved molecule


def some_labels(n: int, *, split: str = "test") -> LabelSet:
    """Return `n` shipped rows at rest, all with a band."""
    table = labels()
    mask = (table["split"] == split) & (table["geometry"] == "dft") & (table["n_occupied"] - table["n_core"] >= 16)
    return LabelSet(table[mask].head(n).reset_index(drop=True))


def atom_lines(geometry: Geometry) -> list[str]:
    rows = zip(geometry.symbols, geometry.positions, strict=True)
    return [f"{s} {x:.8f} {y:.8f} {z:.8f}" for s, (x, y, z) in rows]


def xyz_block(geometry: Geometry, comment: str = "") -> str:
    return "\n".join([str(geometry.n_atoms), comment, *atom_lines(geometry)]) + "\n"


def qm9_text(geometry: Geometry, *, index: int, homo_ev: float, lumo_ev: float, smiles: str = "C") -> str:
    """Return a file as in QM9's archive: tabs, charges, an exponent written *^."""
    homo, lumo = homo_ev / HARTREE_EV, lumo_ev / HARTREE_EV
    energies = [f"{homo:.7f}", f"{lumo:.7f}", f"{lumo - homo:.7f}"]
    properties = ["157.7118", "157.70997", "157.70699", "0.", "13.21", *energies, "35.3641", "0.044749"]
    thermal = ["-40.47893", "-40.476062", "-40.475117", "-40.498597", "6.469"]
    atoms = ["\t".join([*line.split(), "-1.2*^-6"]) for line in atom_lines(geometry)]
    lines = [str(geometry.n_atoms), "\t".join([f"gdb {index}", *properties, *thermal]), *atoms]
    return "\n".join([*lines, "1341.307\t1341.3284", f"N\t{smiles}\t", "InChI=1S/CH4/h1H4\tInChI=1S/CH4/h1H4"]) + "\n"


def write_qm9_folder(folder: Path, chosen: LabelSet) -> Path:
    folder.mkdir()
    rows = zip(chosen.geometries(), chosen.levels(), chosen.table.itertuples(), strict=True)
    for geometry, levels, row in rows:
        text = qm9_text(
            geometry, index=row.qm9_index, homo_ev=levels.homo_ev, lumo_ev=levels.lumo_ev, smiles=row.smiles
        )
        (folder / f"dsgdb9nsd_{row.qm9_index:06d}.xyz").write_text(text)
    return folder


def write_qm9pack(folder: Path, chosen: LabelSet) -> Path:
    folder.mkdir()
    rows = []
    for geometry, levels, row in zip(chosen.geometries(), chosen.levels(), chosen.table.itertuples(), strict=True):
        homo, lumo = (round(x / HARTREE_EV, 7) for x in (levels.homo_ev, levels.lumo_ev))
        rows.append(
            {
                "Index": row.qm9_index,
                "SMILES": row.smiles,
                "Elements": "[" + ",".join(f"'{s}'" for s in geometry.symbols) + "]",
                "XYZ_Ang": json.dumps(geometry.positions.tolist()),
                "HOMO_au": homo,
                "LUMO_au": lumo,
                "HOMO_LUMO_gap_au": lumo - homo,
            }
        )
    for part, some in enumerate(np.array_split(np.arange(len(rows)), 3), start=1):
        pd.DataFrame([rows[k] for k in some], columns=list(rows[0])).to_csv(folder / f"qm9_part{part}.csv", index=False)
    return folder


def oe62_columns(chosen: LabelSet, *, shift_ev: float = 0.0, cores: bool = True) -> dict[str, list]:
    """Return OE62's columns: with all occupied levels, cores included, as an all-electron code lists them."""
    occupied, empty = [], []
    for levels, geometry in zip(chosen.levels(), chosen.geometries(), strict=True):
        n_core = int((geometry.numbers > 1).sum()) if cores else 0
        deep = (-500.0 + np.arange(n_core)).tolist()
        occupied.append(deep + (levels.valence_ev + shift_ev).tolist())
        empty.append([levels.lumo_ev + shift_ev, levels.lumo_ev + shift_ev + 0.5])
    return {
        "refcode_csd": chosen.table["id"].tolist(),
        "canonical_smiles": [s + "\t\n" for s in chosen.table["smiles"]],
        "inchi": ["InChI=1S/x"] * len(chosen),
        "number_of_atoms": [g.n_atoms for g in chosen.geometries()],
        "xyz_pbe_relaxed": [xyz_block(g) for g in chosen.geometries()],
        "energies_occ_pbe": occupied,
        "energies_unocc_pbe": empty,
    }


def write_split_json(path: Path, columns: dict[str, list]) -> Path:
    data = [list(row) for row in zip(*columns.values(), strict=True)]
    path.write_text(json.dumps({"columns": list(columns), "index": list(range(len(data))), "data": data}))
    return path


def write_ghosh(folder: Path, chosen: LabelSet) -> Path:
    folder.mkdir()
    (folder / "data.xyz").write_text("".join(xyz_block(g, "0.0") for g in chosen.geometries()))
    np.savetxt(folder / "energies.txt", np.array([x.band_ev for x in chosen.levels()]))
    return folder


def table_columns(chosen: LabelSet) -> dict[str, Sequence]:
    """Return the columns of a table of one's own, as text: XYZ blocks, lists of levels in eV."""
    return {
        "id": chosen.table["id"].tolist(),
        "xyz": [xyz_block(g) for g in chosen.geometries()],
        "levels_ev": [str(x.valence_ev.tolist()) for x in chosen.levels()],
        "lumo_ev": [str(x.lumo_ev) for x in chosen.levels()],
    }


def write_csv(path: Path, columns: dict[str, Sequence]) -> Path:
    pd.DataFrame(columns).to_csv(path, index=False)
    return path
