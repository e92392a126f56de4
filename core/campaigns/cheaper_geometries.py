"""QM9's molecules at cheaper geometries of the same conformer: what a network learns the better geometry's levels from."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from rdkit import Chem
from rdkit.Chem import rdMolAlign

from core.campaigns.jobs import DFT
from core.errors import GeometryError
from core.json_lines import Record
from core.labels.label_set import LabelSet
from core.machine.pools import map_in_processes
from core.machine.progress import Progress, report_nothing
from core.readers.identity import perceive_bonds
from core.structure.embed import FORCE_FIELD_STEPS, conformer_geometry
from core.structure.force_field import force_field_of
from core.structure.geometry import Geometry
from core.structure.relax import relax_geometry
from core.theory import XTB_THEORY

FARTHEST_ANGSTROM = 0.5  # root mean square over all atoms: beyond it the relaxed molecule is another conformer
POSITION_GRAIN = 1 / 1024  # Angstrom: levels move by less than 1 meV


def relax_labelled(
    labels: LabelSet, *, n_workers: int | None = None, progress: Progress = report_nothing
) -> pd.DataFrame:
    """Return cheaper geometries of the labels that stand on QM9's own, one row a geometry.

    Each is relaxed from the labelled geometry, by GFN2-xTB and by the force field. One that ended as another conformer, or
    as another molecule, is left out.

    Returns
    -------
    DataFrame
        id (the label's), geometry ("MMFF94", or "UFF" where that has no parameters, and "GFN2-xTB"), positions
        (3 n_atoms,) float32 [Angstrom], in the label's order.
    """
    chosen = labels.select((labels.table["geometry"] == DFT).to_numpy())
    jobs = zip(chosen.table["id"].astype(str), chosen.geometries(), strict=True)
    rows: list[Record] = []
    for done, made in enumerate(map_in_processes(relax_both_ways, jobs, n_workers=n_workers), 1):
        rows += made
        progress(done, len(chosen))
    return pd.DataFrame(rows)


def relax_both_ways(job: tuple[str, Geometry]) -> list[Record]:
    """Return the rows of one label: its geometry relaxed by GFN2-xTB and by the force field, where it stays what it is."""
    name, geometry = job
    perceived = perceive_bonds(geometry)
    if perceived is None:
        return []
    mol = Chem.Mol(perceived[1])
    Chem.SanitizeMol(mol)
    return [
        {
            "id": name,
            "geometry": method,
            "positions": np.round((made.positions - made.positions.mean(0)) / POSITION_GRAIN).astype(np.float32).ravel()
            * np.float32(POSITION_GRAIN),
        }
        for method, made in relaxed_geometries(mol, geometry)
        if distance_between(mol, geometry, made) < FARTHEST_ANGSTROM
    ]


def relaxed_geometries(mol: Chem.Mol, geometry: Geometry) -> Iterator[tuple[str, Geometry]]:
    """Yield a geometry relaxed by the force field and by GFN2-xTB, each behind its method, where they succeed."""
    try:
        field = force_field_of(mol)
        moved = Chem.Mol(mol)
        ((not_converged, _),) = field.relax(moved, max_steps=FORCE_FIELD_STEPS)
        if not not_converged:
            yield field.name, conformer_geometry(moved, moved.GetConformer().GetId(), origin=field.origin)
    except GeometryError:
        pass
    try:
        yield XTB_THEORY.method, relax_geometry(geometry)[0]
    except GeometryError:
        return


def distance_between(mol: Chem.Mol, one: Geometry, other: Geometry) -> float:
    """Return the root mean square distance of two geometries of a molecule, laid on one another atom by atom [Angstrom]."""
    pair = Chem.Mol(mol)
    pair.RemoveAllConformers()
    for geometry in (one, other):
        conformer = Chem.Conformer(geometry.n_atoms)
        conformer.SetPositions(np.array(geometry.positions))
        pair.AddConformer(conformer, assignId=True)
    return float(rdMolAlign.AlignMol(pair, pair, prbCid=0, refCid=1))
