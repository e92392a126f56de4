"""Levels of theory: their names, and that the engine computes what they say."""

import json

from core.assets import MODELS
from core.labels.catalogue import KNOWN_SETS
from core.models.card import CARD
from core.reference import dft
from core.reference.fast_scf import FittedCoulomb, GridFunctional
from core.structure.geometry import Geometry
from core.theory import QUASIPARTICLE_THEORY, REFERENCE_THEORY, XTB_THEORY, LevelOfTheory

HYDROGEN = Geometry([1, 1], [[0, 0, 0], [0, 0, 0.74]])


def test_names_are_those_of_files_and_cards():
    assert str(REFERENCE_THEORY) == "PBE/6-31+G(d)"
    assert str(XTB_THEORY) == "GFN2-xTB"
    cards = [json.loads(path.read_text()) for path in sorted(MODELS.glob(f"*/{CARD}"))]
    assert {card["level_of_theory"] for card in cards} == {str(REFERENCE_THEORY), str(QUASIPARTICLE_THEORY)}
    assert {s.level_of_theory for s in KNOWN_SETS} == {
        str(REFERENCE_THEORY),
        str(XTB_THEORY),
        str(QUASIPARTICLE_THEORY),
        "",
    }


def test_levels_of_theory_differ_in_any_of_their_parts():
    assert LevelOfTheory(**vars(REFERENCE_THEORY)) == REFERENCE_THEORY
    assert LevelOfTheory(**vars(REFERENCE_THEORY) | {"grid": (99, 590)}) != REFERENCE_THEORY


def test_the_engine_takes_basis_auxiliary_basis_and_grid_from_it():
    mol = dft.build_molecule(HYDROGEN)
    assert set(mol.basis.values()) == {REFERENCE_THEORY.basis}
    radial, angular = REFERENCE_THEORY.grid
    points = sum(len(block.weights) for block in GridFunctional(mol, REFERENCE_THEORY.grid).blocks)
    assert 0 < points <= 2 * radial * angular
    assert sum(block.shape[1] for block in FittedCoulomb(mol).blocks) > mol.nao
