"""Geometries made here, moved to where B3LYP/6-31G(2df,p) would put the atoms: what QM9's labels stand on."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch

from core.assets import GEOMETRY_NETWORKS
from core.errors import ModelError
from core.models.batch import collate, map_batches
from core.models.geometry.network import GeometryNetwork
from core.models.store import NETWORK_FILE, load_network
from core.structure.ensemble import Ensemble
from core.structure.geometry import FAST, LEARNT, XTB, Geometry

FOLDERS = {FAST: "mmff94", XTB: "gfn2"}  # of the network for each kind of geometry
FARTHEST_MOVE_ANGSTROM = (
    0.4  # an atom that would move farther: the molecule is of a kind that the network does not know
)
CORRECTED_AT_ONCE = 32  # molecules


@lru_cache(maxsize=len(FOLDERS))
def load_correction(origin: str, folder: Path = GEOMETRY_NETWORKS) -> GeometryNetwork | None:
    """Return the network for a kind of geometry, one of FOLDERS, loaded once; None where it is not there."""
    try:
        return load_network(folder / FOLDERS[origin] / NETWORK_FILE, GeometryNetwork)
    except ModelError:
        return None


def correct_geometries(geometries: Sequence[Geometry]) -> list[Geometry]:
    """Return the geometries, in order, those made here moved; `origin` says so. Others stay as they are.

    What stays: geometries that were given, molecules with elements that QM9 does not have, and those of which an atom would
    move farther than FARTHEST_MOVE_ANGSTROM.
    """
    result = list(geometries)
    for origin in FOLDERS:
        network = load_correction(origin) if any(g.origin == origin for g in geometries) else None
        if network is None:
            continue
        known = set(network.config.elements)
        places = [k for k, g in enumerate(geometries) if g.origin == origin and set(g.numbers.tolist()) <= known]
        for k, moved in zip(places, move_atoms([geometries[k] for k in places], network), strict=True):
            if np.linalg.norm(moved - geometries[k].positions, axis=1).max() < FARTHEST_MOVE_ANGSTROM:
                result[k] = replace(geometries[k], positions=moved, origin=f"{origin} + {LEARNT}")
    return result


def move_atoms(geometries: Sequence[Geometry], network: GeometryNetwork) -> list[np.ndarray]:
    """Return where a network puts the atoms of each geometry: (n_atoms, 3) [Angstrom]."""

    @torch.inference_mode()
    def move(some: list[Geometry]) -> list[np.ndarray]:
        batch = collate(some)
        moves = (network(batch).positions - batch.positions).numpy().astype(np.float64)
        return [g.positions + own[: g.n_atoms] for g, own in zip(some, moves, strict=True)]

    return map_batches(move, geometries, size=CORRECTED_AT_ONCE)


def correct_ensembles(ensembles: Sequence[Ensemble]) -> list[Ensemble]:
    """Return ensembles with the geometry of each conformer as `correct_geometries` leaves it; energies stay."""
    moved = iter(correct_geometries([geometry for ensemble in ensembles for geometry in ensemble.geometries]))
    return [replace(e, geometries=tuple(next(moved) for _ in e.geometries)) for e in ensembles]
