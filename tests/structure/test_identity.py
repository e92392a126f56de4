"""When two geometries count as one."""

import hashlib

import numpy as np
import pytest

from core.structure.geometry import Geometry
from core.structure.identity import geometry_bytes, geometry_key

WATER = Geometry([8, 1, 1], [[0, 0, 0], [0.96, 0, 0], [-0.24, 0.93, 0]])


def moved(by):
    return Geometry(WATER.numbers, WATER.positions + by * np.eye(3))


@pytest.mark.parametrize(
    ("within", "by", "same"), [(0.0, 0.0, True), (0.0, 1e-12, False), (1e-4, 4e-5, True), (1e-4, 2e-4, False)]
)
def test_places_within(within, by, same):
    keys = {geometry_key(g, within_angstrom=within) for g in (WATER, moved(by))}
    assert (len(keys) == 1) == same


def test_atoms_their_order_and_the_context_count():
    others = [Geometry([9, 1, 1], WATER.positions), Geometry(WATER.numbers[::-1], WATER.positions[::-1])]
    keys = {geometry_key(g) for g in (WATER, *others)} | {geometry_key(WATER, context="PBE")}
    assert len(keys) == 4


def test_signed_zeros_are_one_place_when_rounded():
    zero = Geometry([1, 1], [[-0.0, -1e-9, 0], [0, 0, 0.74]])
    assert geometry_key(zero, within_angstrom=1e-4) == geometry_key(
        Geometry([1, 1], [[0, 0, 0], [0, 0, 0.74]]), within_angstrom=1e-4
    )


def test_keys_are_those_of_feature_files_and_unfinished_builds_on_disk():
    data = np.array([8, 1, 1], np.uint8).tobytes() + np.array(WATER.positions, np.float64).tobytes()
    assert geometry_bytes(WATER) == data
    assert geometry_key(WATER) == hashlib.blake2b(data, digest_size=16).hexdigest()
