"""Whether what moves atoms to where B3LYP would put them carries over: it learnt from QM9 alone, these QM9 lacks."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from core.assets import COMPARISON
from core.elements import QM9_NUMBERS, QM9_SYMBOLS
from core.evaluation.elsewhere import ABSENT_GROUPS, parts_of
from core.files import write_text
from core.labels.label_set import LabelSet
from core.models.geometry.correction import correct_geometries
from core.models.geometry.fit import POSITION_GRAIN
from core.models.protocol import LevelModel
from core.spectrum.metrics import Figures, per_molecule_rmse
from core.structure.geometry import XTB, Geometry, distance_matrix

MOVED_FILE = "moved_geometry.json"
MOVED_MOLECULES, OTHER_MOLECULES = ", ".join(QM9_SYMBOLS), "other elements, which stay as made"
FEWEST_OF_A_GROUP = 5  # molecules
NEIGHBOURS_ANGSTROM = 2.8  # atoms nearer than that: bonded, or with one atom between them
CHEAPER = "gfn2"  # the column of positions that the molecules were relaxed from


def measure_moved(model: LevelModel, labels: LabelSet, *, out: Path = COMPARISON) -> Figures:
    """Hold levels at GFN2-xTB geometries, moved or not, against references at B3LYP's; write and return the figures.

    Parameters
    ----------
    labels : LabelSet
        What `eigenscope geometry relax-dft` wrote: references at B3LYP geometries, and the positions from before, `gfn2`.

    Returns
    -------
    dict
        "groups": a list, those of all first: group, n; n_moved, of those whose atoms were moved; rmse_as_made_ev,
        rmse_moved_ev, rmse_at_best_ev (at the B3LYP geometry itself); distance_as_made_angstrom, distance_moved_angstrom, mean
        errors of distances below NEIGHBOURS_ANGSTROM; share_nearer, of molecules whose levels moving brings nearer.
        "heavy_atoms": the fewest and the most of a molecule. "molecules": of each id, smiles, is_moved and the same errors.
    """
    best = labels.geometries()
    made = cheaper_geometries(labels)
    moved = correct_geometries(made)
    reference = labels.levels()
    ways = {"as_made": made, "moved": moved, "at_best": best}
    rmse = {way: per_molecule_rmse(model.predict_levels(some), reference) for way, some in ways.items()}
    off = {
        way: np.array([distance_error(one, true) for one, true in zip(ways[way], best, strict=True)])
        for way in ("as_made", "moved")
    }
    is_moved = np.array([one.origin != XTB for one in moved])
    each = {f"rmse_{way}_ev": x for way, x in rmse.items()} | {f"distance_{way}_angstrom": x for way, x in off.items()}
    result: Figures = {
        "groups": [
            {"group": name, "n": int(mask.sum()), "n_moved": int((mask & is_moved).sum())}
            | {
                key: float(np.sqrt(np.mean(x[mask] ** 2))) if key.startswith("rmse") else float(x[mask].mean())
                for key, x in each.items()
            }
            | {"share_nearer": share_nearer(rmse, mask & is_moved)}
            for name, mask in groups_of(labels)
        ],
        "heavy_atoms": [min(one.n_heavy for one in best), max(one.n_heavy for one in best)],
        "molecules": [
            {"id": str(row.id), "smiles": str(row.smiles), "is_moved": bool(is_moved[k])}
            | {key: round(float(x[k]), 5) for key, x in each.items()}
            for k, row in enumerate(labels.table.itertuples())
        ],
    }
    write_text(out / MOVED_FILE, json.dumps(result, indent=1))
    return result


def cheaper_geometries(labels: LabelSet) -> list[Geometry]:
    """Return the GFN2-xTB geometry of each row, said to be made here, as those of a SMILES are."""
    table = labels.table
    return [
        Geometry(numbers, np.asarray(grains).reshape(-1, 3) * POSITION_GRAIN, XTB)
        for numbers, grains in zip(table["numbers"], table[CHEAPER], strict=True)
    ]


def distance_error(geometry: Geometry, true: Geometry) -> float:
    """Return the mean error of the distances [Angstrom] between atoms nearer than NEIGHBOURS_ANGSTROM."""
    own, wanted = (distance_matrix(x.positions) for x in (geometry, true))
    pairs = np.triu(wanted < NEIGHBOURS_ANGSTROM, k=1)
    return float(np.abs(own[pairs] - wanted[pairs]).mean())


def groups_of(labels: LabelSet) -> Iterator[tuple[str, np.ndarray]]:
    """Yield (name, (n_rows,) bool): molecules of QM9's elements, their groups, and all others; none without a molecule."""
    is_known = np.array([set(numbers.tolist()) <= set(QM9_NUMBERS) for numbers in labels.table["numbers"]])
    if is_known.any():
        yield MOVED_MOLECULES, is_known
    for name, mask in parts_of(labels):
        if (name in ABSENT_GROUPS or name.startswith("any of ")) and (mask & is_known).sum() >= FEWEST_OF_A_GROUP:
            yield name, mask & is_known
    if not is_known.all():
        yield OTHER_MOLECULES, ~is_known


def share_nearer(rmse: dict[str, np.ndarray], some: np.ndarray) -> float | None:
    """Return the part of the molecules whose levels are nearer after moving; None of none."""
    return float(np.mean(rmse["moved"][some] < rmse["as_made"][some])) if some.any() else None
