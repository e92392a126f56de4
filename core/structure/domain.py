"""What may be asked of a model or of the reference engine, as data: the rules, and which of them something breaks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from rdkit import Chem

from core.elements import COVERED_SYMBOLS, ENGINE_SYMBOLS
from core.errors import DomainError, EigenscopeError, GeometryError
from core.structure.bonds import FRAGMENT_BOND, radius_sums
from core.structure.geometry import MIN_DISTANCE, Geometry, distance_matrix
from core.structure.molecule import MAX_ATOMS, Molecule


class Rule(StrEnum):
    """What a molecule or a geometry can break, in the order in which it is looked at."""

    NO_ATOMS = "no atoms"
    ELEMENTS = "elements"
    SIZE = "size"
    NOT_FINITE = "coordinates"
    CHARGE = "charge"
    OPEN_SHELL = "open shell"
    TOO_CLOSE = "atoms too close"
    FRAGMENTS = "fragments"


# What is a triplet in its ground state though its electrons pair up on paper; formulas that no other molecule has
TRIPLETS = ("O2", "S2", "OS", "HN", "HP", "CH2", "B2", "Si2")
LARGEST_TRIPLET = 3  # atoms
IMPOSSIBLE = (Rule.NO_ATOMS, Rule.NOT_FINITE, Rule.TOO_CLOSE)  # of no molecule at all, whatever the domain


@dataclass(frozen=True)
class Violation:
    """A rule that is broken, and the sentence that says by what."""

    rule: Rule
    sentence: str

    def error(self) -> EigenscopeError:
        """Return the error to raise: GeometryError where no molecule can be so, else DomainError."""
        return (GeometryError if self.rule in IMPOSSIBLE else DomainError)(self.sentence)


@dataclass(frozen=True)
class Domain:
    """Neutral closed-shell molecules of some elements and sizes.

    Attributes
    ----------
    elements : tuple of str, or None
        None: any.
    max_atoms : int or None
        Hydrogens counted; None: any number.
    one_fragment : bool
        Whether a geometry must hang together.
    neutral : bool
        Whether the total charge must be 0.
    """

    elements: tuple[str, ...] | None
    max_atoms: int | None
    one_fragment: bool = True
    neutral: bool = True


ONE_ATOM = "a molecule has at least two atoms, found 1"
HOW_TO_STRIP = (
    "; counter-ions and solvents can be stripped: the switch so called on the pages, --strip-salts on the command line"
)
MODEL_DOMAIN = Domain(COVERED_SYMBOLS, MAX_ATOMS)  # what the shipped models may be asked about, at most
# what the reference engine computes; its own limit of size is in basis functions
ENGINE_DOMAIN = Domain(ENGINE_SYMBOLS, None, one_fragment=False)
ANY_MOLECULE = Domain(None, None)


def molecule_violation(molecule: Molecule, domain: Domain) -> Violation | None:
    """Return the first rule that a molecule breaks, or None."""
    return next(molecule_violations(molecule, domain), None)


def molecule_violations(molecule: Molecule, domain: Domain) -> Iterator[Violation]:
    """Yield every rule of the domain that a molecule breaks, elements first."""
    mol = molecule.rdkit
    found = {a.GetSymbol() for a in mol.GetAtoms()}
    if domain.elements is not None and not found <= set(domain.elements):
        yield Violation(Rule.ELEMENTS, describe_elements(found, domain.elements))
    fragments = len(Chem.GetMolFrags(mol))
    if fragments > 1:
        yield Violation(
            Rule.FRAGMENTS,
            f"one fragment is predicted at a time, found {fragments} (a salt or a mixture?){HOW_TO_STRIP}",
        )
    charge = Chem.GetFormalCharge(mol)
    if charge and domain.neutral:
        yield Violation(Rule.CHARGE, f"total charge must be 0, found {charge:+d}")
    radicals = sum(a.GetNumRadicalElectrons() for a in mol.GetAtoms())
    if radicals:
        plural = "s" * (radicals > 1)
        yield Violation(Rule.OPEN_SHELL, f"closed shells only, found {radicals} unpaired electron{plural}")
    if not radicals and molecule.n_atoms <= LARGEST_TRIPLET and molecule.formula in TRIPLETS:
        yield Violation(Rule.OPEN_SHELL, describe_triplet(molecule.formula))
    if is_one_atom(molecule.n_atoms, domain):
        yield Violation(Rule.SIZE, ONE_ATOM)
    if domain.max_atoms is not None and molecule.n_atoms > domain.max_atoms:
        yield Violation(Rule.SIZE, f"at most {domain.max_atoms} atoms, found {molecule.n_atoms}")


def geometry_violations(geometries: Sequence[Geometry], domain: Domain) -> list[Violation | None]:
    """Return the first rule that each geometry breaks, or None.

    Geometries of one size are looked at together: 30 times as fast as one by one, which would take as long as predicting.
    """
    violations: list[Violation | None] = [None] * len(geometries)
    sizes = np.array([g.n_atoms for g in geometries], dtype=np.int64)
    for size in np.unique(sizes).tolist():
        places = np.flatnonzero(sizes == size).tolist()
        same = [geometries[k] for k in places]
        for k, rule in zip(places, broken_rules(same, size, domain), strict=True):
            if rule is not None:
                violations[k] = Violation(rule, describe_violation(rule, geometries[k], domain))
    return violations


def broken_rules(geometries: Sequence[Geometry], size: int, domain: Domain) -> list[Rule | None]:
    """Return the first rule that each geometry breaks, all of them of `size` atoms."""
    if size == 0:
        return [Rule.NO_ATOMS] * len(geometries)
    numbers = np.stack([g.numbers for g in geometries])  # (n_geometries, size)
    positions = np.stack([g.positions for g in geometries])
    rules: list[Rule | None] = [None] * len(geometries)
    open_places = np.arange(len(geometries))

    def settle(rule: Rule, is_broken: np.ndarray) -> None:
        """Note the rule for those that break it; only the others are looked at further."""
        nonlocal open_places
        for k in open_places[is_broken].tolist():
            rules[k] = rule
        open_places = open_places[~is_broken]

    if domain.elements is not None:
        allowed = np.zeros(256, dtype=bool)
        allowed[[Chem.GetPeriodicTable().GetAtomicNumber(e) for e in domain.elements]] = True
        settle(Rule.ELEMENTS, ~allowed[numbers].all(axis=1))
    if is_one_atom(size, domain) or (domain.max_atoms is not None and size > domain.max_atoms):
        settle(Rule.SIZE, np.ones(len(open_places), dtype=bool))
    settle(Rule.NOT_FINITE, ~np.isfinite(positions[open_places]).all(axis=(1, 2)))
    settle(Rule.OPEN_SHELL, numbers[open_places].sum(axis=1, dtype=np.int64) % 2 == 1)
    if size <= LARGEST_TRIPLET:
        settle(Rule.OPEN_SHELL, np.array([geometries[k].formula in TRIPLETS for k in open_places.tolist()], dtype=bool))
    distances = distance_matrix(positions[open_places])
    is_close = np.any(distances < MIN_DISTANCE, axis=(1, 2))
    settle(Rule.TOO_CLOSE, is_close)
    if domain.one_fragment:
        settle(Rule.FRAGMENTS, ~are_connected(numbers[open_places], distances[~is_close]))
    return rules


def is_one_atom(n_atoms: int, domain: Domain) -> bool:
    """Return whether this is a single atom where the models are asked."""
    return n_atoms == 1 and domain.max_atoms is not None


def are_connected(numbers: np.ndarray, distances: np.ndarray) -> np.ndarray:
    """Return which molecules hang together: (n_molecules, n_atoms) and their distances [Angstrom] -> (n_molecules,) bool."""
    joined = is_bonded(numbers, distances).astype(np.float32)
    joined[:, np.arange(numbers.shape[1]), np.arange(numbers.shape[1])] = 1.0
    for _ in range(int(numbers.shape[1]).bit_length()):  # after k squarings: joined by a path of up to 2^k bonds
        joined = (joined @ joined > 0).astype(np.float32)
    whole: np.ndarray = np.all(joined > 0, axis=(1, 2))
    return whole


def is_bonded(numbers: np.ndarray, distances: np.ndarray) -> np.ndarray:
    """Return (..., n_atoms, n_atoms) bool: which atoms are near enough to be of one fragment."""
    return distances < FRAGMENT_BOND * radius_sums(numbers)


def describe_elements(found: set[str], allowed: Sequence[str]) -> str:
    """Return the sentence on elements that are not among those allowed."""
    return f"elements must be among {' '.join(allowed)}, found {', '.join(sorted(found - set(allowed)))}"


def describe_triplet(formula: str) -> str:
    """Return the sentence on a triplet."""
    return f"closed shells only, {formula} is a triplet in its ground state"


def describe_violation(rule: Rule, geometry: Geometry, domain: Domain) -> str:
    """Return what a geometry that breaks a rule has, as a sentence: the rule, and what was found."""
    if rule == Rule.NO_ATOMS:
        return "a geometry needs at least one atom, got none"
    if rule == Rule.ELEMENTS:
        return describe_elements(geometry.elements, domain.elements or ())
    if rule == Rule.SIZE:
        return ONE_ATOM if geometry.n_atoms == 1 else f"at most {domain.max_atoms} atoms, found {geometry.n_atoms}"
    if rule == Rule.NOT_FINITE:
        atom = int(np.argwhere(~np.isfinite(geometry.positions).all(axis=1))[0, 0])
        return f"coordinates must be finite numbers, atom {atom + 1} has {geometry.positions[atom].tolist()}"
    if rule == Rule.OPEN_SHELL and geometry.formula in TRIPLETS:
        return describe_triplet(geometry.formula)
    if rule == Rule.OPEN_SHELL:
        return f"closed shells only, found an odd number of electrons ({int(geometry.numbers.sum())})"
    distances = distance_matrix(geometry.positions)
    if rule == Rule.TOO_CLOSE:
        i, j = np.unravel_index(distances.argmin(), distances.shape)
        return (
            f"atoms must be at least {MIN_DISTANCE} Angstrom apart, atoms {i + 1} and {j + 1} are {distances[i, j]:.3f}"
        )
    from scipy.sparse.csgraph import connected_components

    n_fragments = int(connected_components(is_bonded(geometry.numbers, distances), directed=False)[0])
    return f"one fragment is predicted at a time, the geometry falls into {n_fragments}"


def check_molecule(molecule: Molecule, domain: Domain = MODEL_DOMAIN) -> None:
    """Raise DomainError if a molecule is outside the domain: elements, fragments, charge, radicals, size."""
    violation = molecule_violation(molecule, domain)
    if violation is not None:
        raise violation.error()


def check_geometry(geometry: Geometry, domain: Domain = MODEL_DOMAIN) -> None:
    """Raise unless a geometry is within the domain.

    Raises
    ------
    GeometryError
        No atoms, non-finite coordinates, or two atoms nearer than MIN_DISTANCE.
    DomainError
        Other elements, too many atoms, an odd number of electrons, or several fragments.

    Examples
    --------
    >>> check_geometry(Geometry([7, 7], [[0, 0, 0], [0, 0, 1.1]]))
    >>> check_geometry(Geometry([7, 8], [[0, 0, 0], [0, 0, 1.15]]))
    Traceback (most recent call last):
    ...
    core.errors.DomainError: closed shells only, found an odd number of electrons (15)
    """
    (violation,) = geometry_violations([geometry], domain)
    if violation is not None:
        raise violation.error()


def check_elements(geometry: Geometry, elements: Sequence[str]) -> None:
    """Raise DomainError unless all atoms are of these elements."""
    found = geometry.elements
    if not found <= set(elements):
        raise DomainError(describe_elements(found, elements))


def check_heavy_atoms(geometry: Geometry, most: int | None) -> None:
    """Raise DomainError if there are more heavy atoms than `most`; None is no limit."""
    found = geometry.n_heavy
    if most is not None and found > most:
        raise DomainError(f"at most {most} heavy atoms, as in the training molecules, {geometry.formula} has {found}")
