"""From bands to a Hamiltonian by whichever way is best for them."""

from dataclasses import replace
from typing import TYPE_CHECKING, Union

from core.errors import InputError
from core.hamiltonian.band_files import own_reference, read_band_file
from core.hamiltonian.crystal import crystal_from_atoms
from core.hamiltonian.fit import HamiltonianFit, HamiltonianOptions, fit_hamiltonian
from core.hamiltonian.inverse_network import NetworkOptions, invert_bands
from core.hamiltonian.reference import BandReference, get_reference
from core.hamiltonian.results import shipped_environment
from core.machine.progress import Progress, ShouldCancel, never_cancel, report_nothing

if TYPE_CHECKING:
    from os import PathLike

    from ase import Atoms

SMALL_CELL, MANY_SAMPLES, FEW_SAMPLES = (
    10,
    20_000,
    2_000,
)  # atoms; random Hamiltonians of smaller cells, and of larger ones


def fit_reference(
    reference: BandReference,
    options: HamiltonianOptions | None = None,
    *,
    by_network: bool = False,
    progress: Progress = report_nothing,
    should_cancel: ShouldCancel = never_cancel,
) -> HamiltonianFit:
    """Return a fit from the best start that there is.

    That is the reference's own p_z Hamiltonian; for a sheet of which it is not known, the model of surroundings
    (`core.hamiltonian.environment`); else, for s and p orbitals, carbon's two-centre hoppings.

    Parameters
    ----------
    by_network : bool
        Start from what a network trained on random Hamiltonians makes of the bands instead.
    """
    options, warm = options or HamiltonianOptions(), None
    if by_network:
        n_samples = MANY_SAMPLES if reference.crystal.n_atoms < SMALL_CELL else FEW_SAMPLES
        network = NetworkOptions(n_samples=n_samples)
        return invert_bands(reference, options, network, progress=progress, should_cancel=should_cancel).refined
    if options.start == "projected" and reference.basis == "pz" and not len(reference.projected):
        options = replace(options, start="given")
        warm = shipped_environment().hamiltonian(reference.crystal, options.n_shells)
    return fit_hamiltonian(reference, options, warm=warm, progress=progress, should_cancel=should_cancel)


def hamiltonian(
    reference: Union[str, BandReference, "Atoms"],
    bands: "str | PathLike[str] | None" = None,
    *,
    n_shells: int = 5,
    fermi_ev: float | None = None,
    n_occupied: int | None = None,
    options: HamiltonianOptions | None = None,
) -> HamiltonianFit:
    """Return the tight-binding Hamiltonian of a defect in graphene, or of a crystal of your own with its bands.

    Parameters
    ----------
    reference : str, BandReference or ASE Atoms
        One that comes with the program, "585_5x5"; or a structure, whose `bands` are in a file.
    bands : path or None
        EIGENVAL, vasprun.xml, a band structure of ASE or GPAW as JSON, an output of pw.x, or rows of k-point and energies.
    n_shells : int
        Hoppings up to the n-th neighbours; `options` say it otherwise.
    fermi_ev, n_occupied
        Where the file does not tell: see `core.hamiltonian.band_files.own_reference`.

    Raises
    ------
    InputError
        If there is no such reference, or the bands cannot be read or do not fit the structure.

    Examples
    --------
    >>> fit = hamiltonian("pristine_1x1", n_shells=5)
    >>> fit.agreement.held_out_mev < 5, fit.hamiltonian.bands([[0, 0, 0]]).shape
    (True, (1, 2))
    """
    from pathlib import Path

    if isinstance(reference, str):
        reference = get_reference(reference)
    elif not isinstance(reference, BandReference):
        if bands is None:
            raise InputError("a structure needs a file of its bands: hamiltonian(atoms, 'EIGENVAL')")
        path = Path(bands)
        if not path.is_file():
            raise InputError(f"no file of bands: {path}")
        found = read_band_file(path.read_bytes(), path.name)
        crystal = crystal_from_atoms(reference, name=reference.get_chemical_formula())
        reference = own_reference(crystal, found, fermi_ev=fermi_ev, n_occupied=n_occupied)
    return fit_reference(reference, options or HamiltonianOptions(n_shells=n_shells))
