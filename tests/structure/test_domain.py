"""Domain rules are data: the same for one molecule and for many, for the models and for the engine."""

import numpy as np
import pytest

from core.errors import DomainError, GeometryError
from core.structure.domain import (
    ANY_MOLECULE,
    ENGINE_DOMAIN,
    IMPOSSIBLE,
    MODEL_DOMAIN,
    Rule,
    check_geometry,
    geometry_violations,
    molecule_violation,
    molecule_violations,
)
from core.structure.entry import FAILED, OK, REFUSED, Entry
from core.structure.geometry import Geometry
from core.structure.molecule import parse_smiles

WATER = [[0, 0, 0], [0, 0, 0.96], [0.93, 0, -0.24]]
LONG_CHAIN = parse_smiles("C" * 90)
BROKEN = {
    Rule.NO_ATOMS: Geometry([], np.zeros((0, 3))),
    Rule.ELEMENTS: Geometry([34, 1, 1], [[0, 0, 0], [0, 0, 1.4], [0, 1.4, 0]]),
    Rule.SIZE: Geometry([1] * 252, np.arange(756.0).reshape(252, 3)),
    Rule.NOT_FINITE: Geometry([8, 1, 1], [[0, 0, 0], [0, 0, np.nan], [0.93, 0, -0.24]]),
    Rule.OPEN_SHELL: Geometry([8, 1], [[0, 0, 0], [0, 0, 0.97]]),
    Rule.TOO_CLOSE: Geometry([8, 1, 1], [[0, 0, 0], [0, 0, 0.96], [0, 0, 0.96]]),
    Rule.FRAGMENTS: Geometry([8, 1, 1, 8, 1, 1], [*WATER, *(np.array(WATER) + 5)]),
}


@pytest.mark.parametrize("rule", list(BROKEN))
def test_each_rule_is_told_alone_and_in_company(rule: Rule) -> None:
    (alone,) = geometry_violations([BROKEN[rule]], MODEL_DOMAIN)
    assert alone is not None
    assert alone.rule == rule
    company = [Geometry([8, 1, 1], WATER), *BROKEN.values(), Geometry([8, 1, 1], WATER)]
    found = geometry_violations(company, MODEL_DOMAIN)
    assert found[0] is found[-1] is None
    assert found[1 + list(BROKEN).index(rule)] == alone
    with pytest.raises(GeometryError if rule in IMPOSSIBLE else DomainError) as caught:
        check_geometry(BROKEN[rule])
    assert str(caught.value) == alone.sentence


def test_the_first_rule_broken_is_the_one_told() -> None:
    both = Geometry([34, 1, 1], [[0, 0, 0], [0, 0, 0.1], [0, 0, 9]])
    (violation,) = geometry_violations([both], MODEL_DOMAIN)
    assert violation is not None
    assert violation.rule == Rule.ELEMENTS


def test_the_engine_takes_more_than_the_models() -> None:
    violation = molecule_violation(LONG_CHAIN, MODEL_DOMAIN)
    assert violation is not None
    assert violation.rule == Rule.SIZE
    assert molecule_violation(LONG_CHAIN, ENGINE_DOMAIN) is None, "its own limit is in basis functions"
    assert geometry_violations([BROKEN[Rule.FRAGMENTS]], ENGINE_DOMAIN) == [None]
    assert molecule_violation(parse_smiles("[Na]Cl"), ENGINE_DOMAIN) is not None


def test_every_rule_that_a_molecule_breaks_is_there() -> None:
    rules = [v.rule for v in molecule_violations(parse_smiles("[Na+].[Cl-].[CH3]"), MODEL_DOMAIN)]
    assert rules == [Rule.ELEMENTS, Rule.FRAGMENTS, Rule.OPEN_SHELL]
    assert [v.rule for v in molecule_violations(parse_smiles("[Na+].[Cl-].[CH3]"), ANY_MOLECULE)] == rules[1:]


def test_an_entry_stands_as_its_domain_has_it() -> None:
    entry = Entry(1, "x", LONG_CHAIN)
    assert entry.within(MODEL_DOMAIN).status == REFUSED
    assert entry.within(MODEL_DOMAIN).within(ENGINE_DOMAIN).status == OK
    overlapping = Entry(1, "x", geometry=BROKEN[Rule.TOO_CLOSE])
    assert overlapping.within(ENGINE_DOMAIN).status == FAILED


@pytest.mark.parametrize(
    ("numbers", "positions", "smiles", "formula"),
    [([8, 8], [[0, 0, 0], [0, 0, 1.21]], "O=O", "O2"), ([16, 8], [[0, 0, 0], [0, 0, 1.48]], "S=O", "OS")],
)
def test_triplets_are_refused_by_bonds_and_by_coordinates(numbers, positions, smiles, formula) -> None:
    sentence = f"closed shells only, {formula} is a triplet in its ground state"
    with pytest.raises(DomainError, match=sentence):
        check_geometry(Geometry(numbers, positions), ENGINE_DOMAIN)
    violation = molecule_violation(parse_smiles(smiles), ENGINE_DOMAIN)
    assert violation is not None
    assert (violation.rule, violation.sentence) == (Rule.OPEN_SHELL, sentence)


def test_a_single_atom_is_no_molecule() -> None:
    with pytest.raises(DomainError, match="at least two atoms, found 1"):
        check_geometry(Geometry([8], [[0, 0, 0]]))
    check_geometry(Geometry([7, 7], [[0, 0, 0], [0, 0, 1.1]]))
