"""Hamiltonians as files and as other programs' objects."""

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from core import __version__
from core.errors import InputError
from core.hamiltonian.crystal import Crystal
from core.hamiltonian.tight_binding import Hamiltonian

if TYPE_CHECKING:
    import pythtb
    import sisl

HAMILTONIAN_FORMAT = "eigenscope hamiltonian 1"


def element_table(hamiltonian: Hamiltonian) -> pd.DataFrame:
    """Return one row an element: atoms and orbitals, cell, distance [Angstrom], value [eV]."""
    crystal, first, second = hamiltonian.crystal, hamiltonian.rows, hamiltonian.columns
    ends = crystal.positions[hamiltonian.atoms[second]] + hamiltonian.cells @ crystal.cell
    labels = np.array(hamiltonian.labels)
    return pd.DataFrame(
        {
            "atom_1": hamiltonian.atoms[first] + 1,
            "orbital_1": labels[first],
            "atom_2": hamiltonian.atoms[second] + 1,
            "orbital_2": labels[second],
            "cell_1": hamiltonian.cells[:, 0],
            "cell_2": hamiltonian.cells[:, 1],
            "cell_3": hamiltonian.cells[:, 2],
            "distance_angstrom": np.linalg.norm(ends - crystal.positions[hamiltonian.atoms[first]], axis=1),
            "value_ev": hamiltonian.values,
        }
    )


def to_json(hamiltonian: Hamiltonian) -> str:
    """Return all of it as JSON: structure, orbitals, elements; `from_json` reads it."""
    crystal = hamiltonian.crystal
    return json.dumps(
        {
            "format": HAMILTONIAN_FORMAT,
            "program": f"eigenscope {__version__}",
            "name": crystal.name,
            "units": "Angstrom, eV",
            "convention": "H(k) = sum over cells R of exp(2 pi i k R) H(R)",
            "numbers": crystal.numbers.tolist(),
            "positions": crystal.positions.tolist(),
            "cell": crystal.cell.tolist(),
            "periodic": crystal.periodic.tolist(),
            "atoms": hamiltonian.atoms.tolist(),
            "labels": list(hamiltonian.labels),
            "rows": hamiltonian.rows.tolist(),
            "columns": hamiltonian.columns.tolist(),
            "cells": hamiltonian.cells.tolist(),
            "values": hamiltonian.values.tolist(),
        }
    )


def from_json(text: str) -> Hamiltonian:
    """Return the Hamiltonian of `to_json`.

    Raises
    ------
    InputError
        If it is none.
    """
    try:
        told = json.loads(text)
        if told["format"] != HAMILTONIAN_FORMAT:
            raise KeyError(f"format {told['format']}")
        crystal = Crystal(told["numbers"], told["positions"], told["cell"], told["periodic"], told["name"])
        return Hamiltonian(
            crystal, told["atoms"], tuple(told["labels"]), told["rows"], told["columns"], told["cells"], told["values"]
        )
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise InputError(f"the file must be a Hamiltonian as Eigenscope writes it, JSON: {error}") from error


def to_wannier90(hamiltonian: Hamiltonian) -> str:
    """Return it as Wannier90's `_hr.dat`: cells with weight 1, then cell, orbitals, real and imaginary part [eV]."""
    cells, matrices = hamiltonian.by_cell()
    n = hamiltonian.n_orbitals
    lines = [f" written by eigenscope {__version__}: {hamiltonian.crystal.name}", f"{n:12d}", f"{len(cells):12d}"]
    ones = ["    1"] * len(cells)
    lines += ["".join(ones[start : start + 15]) for start in range(0, len(ones), 15)]
    for cell, matrix in zip(cells.tolist(), matrices, strict=True):
        place = "".join(f"{c:5d}" for c in cell)
        lines += [f"{place}{i + 1:5d}{j + 1:5d}{matrix[i, j]:12.6f}{0.0:12.6f}" for j in range(n) for i in range(n)]
    return "\n".join(lines) + "\n"


def read_wannier90(text: str) -> tuple[np.ndarray, np.ndarray]:
    """Return cells, (n_cells, 3), and matrices, (n_cells, n, n) complex [eV], of a `_hr.dat`, divided by the cells' weights.

    Raises
    ------
    InputError
        If it is none.
    """
    try:
        lines = text.splitlines()
        n, n_cells = int(lines[1]), int(lines[2])
        n_lines = -(-n_cells // 15)
        weights = np.array(" ".join(lines[3 : 3 + n_lines]).split(), float)
        rows = np.array([line.split() for line in lines[3 + n_lines : 3 + n_lines + n_cells * n * n]], float)
        values = (rows[:, 5] + 1j * rows[:, 6]).reshape(n_cells, n, n).transpose(0, 2, 1)
        return rows[:: n * n, :3].astype(int), values / weights[:, None, None]
    except (ValueError, IndexError) as error:
        raise InputError(f"the file must be a Hamiltonian as Wannier90 writes it, _hr.dat: {error}") from error


def to_sisl(hamiltonian: Hamiltonian) -> "sisl.Hamiltonian":
    """Return it as sisl's Hamiltonian.

    Raises
    ------
    InputError
        If sisl is not installed.
    """
    sisl = import_or_explain("sisl")
    crystal = hamiltonian.crystal
    reach = np.abs(hamiltonian.cells).max(axis=0)
    lattice = sisl.Lattice(crystal.cell, nsc=(2 * reach + 1).tolist())
    n_each = hamiltonian.n_orbitals // crystal.n_atoms
    atoms = [sisl.Atom(int(number), R=[10.0] * n_each) for number in crystal.numbers]
    made = sisl.Hamiltonian(sisl.Geometry(crystal.positions, atoms=atoms, lattice=lattice))
    for row, column, cell, value in zip(
        hamiltonian.rows.tolist(),
        hamiltonian.columns.tolist(),
        hamiltonian.cells.tolist(),
        hamiltonian.values.tolist(),
        strict=True,
    ):
        made[row, column, tuple(cell)] = value
    return made


def to_pythtb(hamiltonian: Hamiltonian) -> "pythtb.tb_model":
    """Return it as PythTB's model, all three vectors real, those that repeat reciprocal.

    Raises
    ------
    InputError
        If pythtb is not installed.
    """
    pythtb = import_or_explain("pythtb")
    crystal = hamiltonian.crystal
    periodic = np.flatnonzero(crystal.periodic).tolist()
    model = pythtb.tb_model(
        len(periodic), 3, crystal.cell.tolist(), crystal.scaled[hamiltonian.atoms].tolist(), per=periodic
    )
    onsite = np.zeros(hamiltonian.n_orbitals)
    done = set()
    for (row, column, *cell), value in zip(hamiltonian.element_keys(), hamiltonian.values.tolist(), strict=True):
        if row == column and not any(cell):
            onsite[row] = value
        elif (column, row, *(-c for c in cell)) not in done:
            done.add((row, column, *cell))
            model.set_hop(value, row, column, cell)
    model.set_onsite(onsite.tolist())
    return model


def import_or_explain(name: str) -> Any:  # noqa: ANN401 - a module
    """Return a module that is no part of the installation; raises InputError that says how it comes."""
    from importlib import import_module

    try:
        return import_module(name)
    except ImportError as error:
        raise InputError(f"this needs {name}, which is not installed: pip install {name}") from error


def sisl_script(file_name: str) -> str:
    """Return a Python script that makes sisl's Hamiltonian of a JSON file of `to_json`, without Eigenscope."""
    return SISL_SCRIPT.format(file=file_name)


def pythtb_script(file_name: str) -> str:
    """Return a Python script that makes PythTB's model of a JSON file of `to_json`, without Eigenscope."""
    return PYTHTB_SCRIPT.format(file=file_name)


SISL_SCRIPT = '''"""Hamiltonian of {file} in sisl: pip install sisl."""

import json
from pathlib import Path

import numpy as np
import sisl

told = json.loads((Path(__file__).parent / "{file}").read_text())
n_each = len(told["atoms"]) // len(told["numbers"])
reach = np.abs(told["cells"]).max(axis=0)
lattice = sisl.Lattice(told["cell"], nsc=(2 * reach + 1).tolist())
atoms = [sisl.Atom(number, R=[10.0] * n_each) for number in told["numbers"]]
H = sisl.Hamiltonian(sisl.Geometry(told["positions"], atoms=atoms, lattice=lattice))
for row, column, cell, value in zip(told["rows"], told["columns"], told["cells"], told["values"]):
    H[row, column, tuple(cell)] = value
print(H.eigh([0.1, 0.2, 0.0]))
'''

PYTHTB_SCRIPT = '''"""Hamiltonian of {file} in PythTB 1.8: pip install "pythtb<2"."""

import json
from pathlib import Path

import numpy as np
import pythtb

told = json.loads((Path(__file__).parent / "{file}").read_text())
periodic = [axis for axis, repeats in enumerate(told["periodic"]) if repeats]
places = np.linalg.solve(np.array(told["cell"]).T, np.array(told["positions"]).T).T[told["atoms"]]
model = pythtb.tb_model(len(periodic), 3, told["cell"], places.tolist(), per=periodic)
onsite, done = [0.0] * len(told["atoms"]), set()
for row, column, cell, value in zip(told["rows"], told["columns"], told["cells"], told["values"]):
    if row == column and not any(cell):
        onsite[row] = value
    elif (column, row, *(-c for c in cell)) not in done:
        done.add((row, column, *cell))
        model.set_hop(value, row, column, cell)
model.set_onsite(onsite)
print(model.solve_one([0.1, 0.2, 0.3][: len(periodic)]))
'''
