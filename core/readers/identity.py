"""Which molecule coordinates are: by a SMILES that fits them, else by their distances; what does not fit is said."""

from contextlib import suppress
from dataclasses import replace

from rdkit import Chem
from rdkit.Chem import rdDetermineBonds

from core.errors import DomainError, EigenscopeError
from core.readers.nitro_groups import order_beside_nitro
from core.readers.records import MAX_GRAPH_ATOMS, Structure, parse_line_notation
from core.structure.bonds import SEEN_BOND
from core.structure.domain import ANY_MOLECULE, ENGINE_DOMAIN, Rule, check_molecule, geometry_violations
from core.structure.geometry import Geometry
from core.structure.given import UNITS, atoms_lacking_hydrogens, fault_of_given, find_unit
from core.structure.lay import place_atoms
from core.structure.molecule import Molecule, molecule_from_rdkit
from core.structure.stereochemistry import settle

# Bond orders are a combinatorial search: this many steps take under a second, and C7H10O2 needs a few.
MAX_BOND_ORDER_STEPS = 2_000
ANY_ION = replace(ANY_MOLECULE, neutral=False)
ION_CHARGES = (2, -2)  # of an even number of electrons, like the neutral molecule that is sought
NEW_GEOMETRY = "the coordinates given are not used, a new geometry is made"
NO_HYDROGENS = f"hydrogens are missing in the 3-D structure: {NEW_GEOMETRY}"
HOW_TO_HYDROGENS = "give all hydrogens, or a SMILES"


def molecule_from_geometry(geometry: Geometry) -> Molecule | None:
    """Return the neutral molecule that the distances tell, or None where they do not tell one."""
    bonds = perceive_bonds(geometry)
    return None if bonds is None else bonds[0]


def perceive_bonds(geometry: Geometry, *, charge: int = 0) -> tuple[Molecule, Chem.Mol] | None:
    """Return the molecule that the distances tell, and its bonds on the geometry's atoms; None where they tell none.

    By RDKit's rdDetermineBonds, after Kim and Kim, Bull. Korean Chem. Soc. 2015, doi 10.1002/bkcs.10334.
    """
    block = f"{geometry.n_atoms}\n\n" + "\n".join(
        f"{s} {x:.6f} {y:.6f} {z:.6f}" for s, (x, y, z) in zip(geometry.symbols, geometry.positions, strict=True)
    )
    atoms = Chem.MolFromXYZBlock(block)
    if atoms is None:
        return None
    try:
        rdDetermineBonds.DetermineConnectivity(atoms, useVdw=True, covFactor=SEEN_BOND)
    except (ValueError, RuntimeError):
        return None
    for order_bonds in (order_all, order_beside_nitro):
        # no valid bond orders, or not within the steps allowed
        with suppress(EigenscopeError, ValueError, RuntimeError):
            mol = order_bonds(Chem.Mol(atoms), charge=charge, max_steps=MAX_BOND_ORDER_STEPS)
            if mol is not None:
                molecule = molecule_from_rdkit(mol)
                check_molecule(molecule, ANY_MOLECULE if charge == 0 else ANY_ION)
                return molecule, mol
    return None


def order_all(mol: Chem.Mol, *, charge: int, max_steps: int) -> Chem.Mol:
    """Return a molecule of connected atoms with bond orders; raises as RDKit does where there are no valid ones."""
    rdDetermineBonds.DetermineBondOrders(mol, charge=charge, maxIterations=max_steps)
    return mol


def same_formula(molecule: Molecule, geometry: Geometry) -> bool:
    """Whether the two have the same atoms, hydrogens included."""
    atoms = [a.GetAtomicNum() for a in Chem.AddHs(molecule.rdkit).GetAtoms()]
    return sorted(atoms) == sorted(geometry.numbers.tolist())


def identify_geometry(
    geometry: Geometry, smiles: str = "", *, is_neutral: bool = False, is_angstrom: bool = False
) -> Structure:
    """Return coordinates with the molecule that they are, and what was assumed of them.

    A SMILES counts where its bonds can be laid on the coordinates. Else the coordinates' own identity wins, and that is
    said. Where neither tells a molecule there is a geometry only, which is all a prediction needs; that is said as well.

    Parameters
    ----------
    smiles : str
        What the input says the molecule is; "" where it says nothing.
    is_neutral : bool
        The input states a total charge of 0: none is looked for.
    is_angstrom : bool
        The input states the unit: no other is tried.

    Raises
    ------
    DomainError
        If hydrogens are missing, or only an ion fits the coordinates.
    """
    if geometry.n_atoms > MAX_GRAPH_ATOMS:
        return Structure(None, geometry)  # refused for its size
    (violation,) = geometry_violations([geometry], ENGINE_DOMAIN)
    is_odd = violation is not None and violation.rule == Rule.OPEN_SHELL
    lacking = atoms_lacking_hydrogens(geometry) if violation is None or is_odd else []
    if violation is not None and not (is_odd and lacking):
        return Structure(None, geometry)  # what it breaks is the entry's business; bonds are not worth a search
    stated, notes = parse_stated(smiles)
    if stated is not None and same_formula(stated, geometry):
        laid = lay_stated(stated, geometry, smiles, is_angstrom=is_angstrom)
        if laid is not None:
            return laid
    elif stated is not None and same_heavy_atoms(stated, geometry) and lacking:
        return Structure(stated, None, (NO_HYDROGENS,))
    found = perceive_bonds(geometry) if 1 in geometry.numbers or not lacking else None
    if found is not None and not fault_of_given(found[1], geometry.positions):
        if stated is not None:
            notes = (disagreement(stated, smiles, found[0].smiles),)
        return Structure(found[0], geometry, notes)
    if stated is not None:
        notes = (disagreement(stated, smiles, geometry.formula),)
    converted = None if is_angstrom else convert_unit(geometry)
    if converted is not None:
        return converted._replace(notes=(*notes, *converted.notes))
    return settle_unknown(geometry, found and found[0], notes, is_neutral=is_neutral)


def parse_stated(smiles: str) -> tuple[Molecule | None, tuple[str, ...]]:
    """Return the molecule that an input states, and a note where that cannot be read."""
    if not smiles:
        return None, ()
    try:
        return parse_line_notation(smiles), ()
    except EigenscopeError:
        return None, (f"the SMILES stated, {smiles[:80]}, cannot be read and is not used",)


def lay_stated(stated: Molecule, geometry: Geometry, smiles: str, *, is_angstrom: bool) -> Structure | None:
    """Return a stated molecule on the coordinates, or in their place; None where its bonds are others than theirs."""
    laid = place_atoms(stated.rdkit, geometry.numbers.astype(int), geometry.positions)
    if laid is None:
        return None
    return structure_in_space(laid, geometry, stated=stated, smiles=smiles, is_angstrom=is_angstrom)


def structure_in_space(
    laid: Chem.Mol,
    geometry: Geometry,
    *,
    stated: Molecule | None = None,
    smiles: str = "",
    is_angstrom: bool = False,
) -> Structure:
    """Return a molecule with its bonds on given coordinates, checked: converted, or left for a new geometry, if need be.

    Parameters
    ----------
    laid : RDKit molecule
        All hydrogens explicit, in the geometry's order, stereochemistry from the coordinates.
    stated, smiles
        The molecule that the input states, for a note where its stereochemistry is another.
    is_angstrom : bool
        The input states the unit: no other is tried.
    """
    fault = fault_of_given(laid, geometry.positions)
    unit = find_unit(laid, geometry.positions) if fault and not is_angstrom else ""
    if fault and not unit:
        kept = stated or molecule_from_rdkit(laid)
        return Structure(kept, None, (f"{fault}: {NEW_GEOMETRY}",))
    notes: tuple[str, ...] = ()
    if unit:
        geometry = replace(geometry, positions=UNITS[unit] * geometry.positions)
        notes = (f"coordinates are read as {unit}: as Angstrom, {fault}",)
    molecule = molecule_from_rdkit(laid)
    if stated is not None and contradicts(molecule, stated):
        notes = (*notes, f"the stereochemistry of {smiles[:80]} is not that of the coordinates, {molecule.smiles}")
    return Structure(molecule, geometry, notes)


def contradicts(seen: Molecule, stated: Molecule) -> bool:
    """Return whether the coordinates show another stereochemistry than the one stated; what is left open cannot."""
    if settle(seen.smiles) == settle(stated.smiles):
        return False
    return not seen.rdkit.HasSubstructMatch(stated.rdkit, useChirality=True)


def same_heavy_atoms(molecule: Molecule, geometry: Geometry) -> bool:
    """Whether the two have the same atoms, hydrogens left out."""
    atoms = [a.GetAtomicNum() for a in molecule.rdkit.GetAtoms() if a.GetAtomicNum() > 1]
    return sorted(atoms) == sorted(geometry.numbers[geometry.numbers > 1].tolist())


def disagreement(stated: Molecule, smiles: str, seen: str) -> str:
    """Return the sentence on a SMILES that is not what the coordinates are."""
    if seen == stated.formula:
        return f"the bonds of the SMILES stated, {smiles[:80]}, are not those of the coordinates, and it is not used"
    return f"the SMILES stated, {smiles[:80]} ({stated.formula}), is not what the coordinates show, {seen}, and is not used"


def settle_unknown(
    geometry: Geometry, molecule: Molecule | None, notes: tuple[str, ...], *, is_neutral: bool
) -> Structure:
    """Return coordinates that tell no sound molecule: refused, or as they stand with a note."""
    lacking = atoms_lacking_hydrogens(geometry)
    if lacking and (molecule is None or 1 not in geometry.numbers):
        missing = "no hydrogens at all" if 1 not in geometry.numbers else f"no hydrogen at {', '.join(lacking[:3])}"
        raise DomainError(f"the coordinates of {geometry.formula} hold {missing}: {HOW_TO_HYDROGENS}")
    if molecule is None and not is_neutral:
        check_no_ion(geometry)
    if molecule is None:
        told = f"which molecule the coordinates are ({geometry.formula}) cannot be told: they are used as they stand"
    else:
        told = f"the coordinates are far from any usual geometry of {molecule.smiles}: they are used as they stand"
    return Structure(molecule, geometry, (*notes, told))


def convert_unit(geometry: Geometry) -> Structure | None:
    """Return coordinates that are in pieces in Angstrom and a molecule in another unit, converted; None for all others."""
    (violation,) = geometry_violations([geometry], replace(ANY_MOLECULE, max_atoms=None))
    if violation is None or violation.rule not in (Rule.FRAGMENTS, Rule.TOO_CLOSE):
        return None
    for unit, factor in UNITS.items():
        converted = replace(geometry, positions=factor * geometry.positions)
        if geometry_violations([converted], ANY_MOLECULE)[0] is not None:
            continue
        found = perceive_bonds(converted)
        if found is not None and not fault_of_given(found[1], converted.positions):
            note = f"coordinates are read as {unit}: as Angstrom, {violation.sentence}"
            return Structure(found[0], converted, (note,))
    return None


def check_no_ion(geometry: Geometry) -> None:
    """Raise DomainError where an ion fits coordinates that no neutral molecule fits."""
    for charge in ION_CHARGES:
        found = perceive_bonds(geometry, charge=charge)
        if found is not None and not fault_of_given(found[1], geometry.positions):
            raise DomainError(
                f"total charge must be 0: no neutral molecule fits the coordinates, {found[0].smiles} ({charge:+d}) does; "
                "charge=0 in the comment line says that they are neutral"
            )
