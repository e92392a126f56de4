"""hamiltonian fit, bands, transmission, export, references, fits."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.cli.common import exit_on_error, say

if TYPE_CHECKING:
    from core.hamiltonian.reference import BandReference
    from core.hamiltonian.tight_binding import Hamiltonian

app = typer.Typer(
    no_args_is_help=True, help="Tight-binding Hamiltonians of graphene's defects and other crystals, from bands."
)
ReferenceName = Annotated[
    str, typer.Argument(metavar="REFERENCE|STRUCTURE", help="585_5x5, flower_6x6, ...; or a structure, with --bands.")
]
Saved = Annotated[Path, typer.Argument(help="A Hamiltonian as `fit` writes it, JSON.")]
Shells = Annotated[int, typer.Option("--neighbours", min=1, max=10, help="Hoppings up to the n-th neighbours.")]
FORMATS = ("json", "csv", "hr.dat", "sisl.py", "pythtb.py")


def get_or_read(name: str, bands: Path | None, fermi_ev: float | None, occupied: int | None) -> "BandReference":
    """Return one of the references that come with the program, or a user's own."""
    from core.hamiltonian.band_files import own_reference, read_band_file, read_structure
    from core.hamiltonian.reference import get_reference

    if bands is None:
        return get_reference(name)
    structure = Path(name)
    crystal = read_structure(read_bytes(structure), structure.name)
    return own_reference(crystal, read_band_file(read_bytes(bands), bands.name), fermi_ev=fermi_ev, n_occupied=occupied)


def read_bytes(path: Path) -> bytes:
    """Return a file's bytes; raises InputError where it cannot be read."""
    from core.errors import InputError

    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error


@app.command()
def fit(
    reference: ReferenceName,
    out: Annotated[Path, typer.Option(help="JSON; with another of the endings csv, hr.dat, sisl.py, pythtb.py that.")],
    neighbours: Shells = 5,
    bands: Annotated[
        Path | None, typer.Option(help="Own bands: EIGENVAL, vasprun.xml, ASE/GPAW JSON, pw.x output, table.")
    ] = None,
    fermi: Annotated[float | None, typer.Option(help="Fermi level of own bands, eV.")] = None,
    occupied: Annotated[int | None, typer.Option(min=1, help="Occupied bands of own bands.")] = None,
    window: Annotated[
        tuple[float, float] | None, typer.Option(help="Energies that count, from the Fermi level, eV.")
    ] = None,
    density_weight: Annotated[
        float, typer.Option(min=0, help="Of local densities of states, in eV for each state per eV.")
    ] = 0.3,
    starts: Annotated[int, typer.Option(min=1, max=50, help="Fits from that many starts; their spread is told.")] = 1,
    network: Annotated[
        bool, typer.Option("--network", help="Start from a network trained on random Hamiltonians.")
    ] = False,
) -> None:
    """Fit a Hamiltonian to bands and local densities of states."""
    from core.files import check_writable
    from core.hamiltonian.fit import HamiltonianOptions
    from core.hamiltonian.ways import fit_reference

    with exit_on_error():
        check_writable(out)
        options = HamiltonianOptions(
            n_shells=neighbours, window_ev=window, density_weight=density_weight, n_starts=starts
        )
        found = fit_reference(get_or_read(reference, bands, fermi, occupied), options, by_network=network)
        agreement = found.agreement
        write_hamiltonian(found.hamiltonian, out)
        say(
            f"{len(found.parameters)} parameters, {agreement.held_out_mev:.2f} meV on {agreement.n_held_out} energies "
            f"at k-points never fitted ({agreement.fitted_mev:.2f} meV on the fitted), {found.seconds:.0f} s"
        )
        if agreement.defect_correlation is not None:
            say(f"local densities of states on the defect's atoms: correlation {agreement.defect_correlation:.3f}")
        if found.spread is not None:
            say(
                f"good fits differ in a parameter by {found.spread.mean():.3f} eV on average, {found.spread.max():.3f} at most"
            )


def write_hamiltonian(hamiltonian: "Hamiltonian", out: Path) -> None:
    """Write a Hamiltonian in the format of the file's ending."""
    from core.files import write_text
    from core.hamiltonian import exports

    name, json_name = out.name, f"{out.name.split('.')[0]}.json"
    if name.endswith(("sisl.py", "pythtb.py")):
        script = exports.sisl_script if name.endswith("sisl.py") else exports.pythtb_script
        write_text(out.with_name(json_name), exports.to_json(hamiltonian))
        write_text(out, script(json_name))
    elif name.endswith("hr.dat"):
        write_text(out, exports.to_wannier90(hamiltonian))
    elif name.endswith(".csv"):
        write_text(out, exports.element_table(hamiltonian).to_csv(index=False))
    else:
        write_text(out, exports.to_json(hamiltonian))


def load_saved(path: Path) -> "Hamiltonian":
    """Return a Hamiltonian that `fit` wrote as JSON."""
    from core.hamiltonian.exports import from_json

    return from_json(read_bytes(path).decode("utf-8", errors="replace"))


@app.command()
def bands(
    hamiltonian: Saved,
    out: Annotated[Path, typer.Option(help="CSV: k-point, length along the path, energies.")],
    repeat: Annotated[tuple[int, int, int], typer.Option(help="Of a supercell.")] = (1, 1, 1),
    points: Annotated[int, typer.Option(min=2, help="Per leg of the path.")] = 40,
) -> None:
    """Write the bands of a saved Hamiltonian along its lattice's path."""
    import pandas as pd

    from core.files import write_text
    from core.hamiltonian.kpoints import path_points
    from core.hamiltonian.tight_binding import repeat_hamiltonian

    with exit_on_error():
        model = repeat_hamiltonian(load_saved(hamiltonian), repeat)
        path = path_points(model.crystal, points)
        table = pd.DataFrame(path.kpts, columns=["k1", "k2", "k3"]).assign(length_per_angstrom=path.lengths)
        energies = pd.DataFrame(model.bands(path.kpts)).add_prefix("energy_ev_")
        write_text(out, pd.concat([table, energies], axis=1).to_csv(index=False))
        say(f"{model.n_orbitals} bands at {len(path.kpts)} k-points: {' - '.join(name for _, name in path.labels)}")


@app.command()
def transmission(
    hamiltonian: Saved,
    out: Annotated[Path, typer.Option(help="CSV: energy, transmission with the defect and without.")],
    neighbours: Annotated[int, typer.Option(min=1, max=10, help="Of the pristine leads.")] = 5,
    window: Annotated[tuple[float, float], typer.Option(help="Energies, eV.")] = (-2.0, 2.0),
    kpoints: Annotated[int, typer.Option(min=1, max=51, help="Sideways.")] = 5,
) -> None:
    """Write the transmission across a defect of graphene, pristine sheets before and behind."""
    import numpy as np
    import pandas as pd

    from core.files import write_text
    from core.hamiltonian.results import load_fits
    from core.hamiltonian.transmission import transmission_across

    with exit_on_error():
        lead = load_fits("pristine_1x1").fits[neighbours].hamiltonian
        found = transmission_across(load_saved(hamiltonian), lead, np.linspace(*window, 81), n_kpts=kpoints)
        table = pd.DataFrame({"energy_ev": found.energies_ev, "transmission": found.across, "pristine": found.pristine})
        write_text(out, table.to_csv(index=False))
        say(f"transmission at {len(table)} energies, mean over {found.n_kpts} k-points sideways, without spin")


@app.command()
def export(
    hamiltonian: Saved,
    out: Annotated[Path, typer.Option(help=f"Its ending says how: {', '.join(FORMATS)}.")],
) -> None:
    """Write a saved Hamiltonian for other programs: Wannier90, sisl, PythTB, a table."""
    with exit_on_error():
        write_hamiltonian(load_saved(hamiltonian), out)


@app.command()
def references(
    only: Annotated[list[str] | None, typer.Option(help="Only this one, as 585_5x5; may be repeated.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder.")] = None,
    work: Annotated[Path, typer.Option(help="Where GPAW's matrices are kept; goes on where it stopped.")] = Path(
        "work/bands"
    ),
    python: Annotated[str, typer.Option(help="An interpreter that has GPAW; looked for when left out.")] = "",
) -> None:
    """Make the references anew: relaxed with GFN1-xTB, bands from GPAW."""
    from core.campaigns.band_references import make_references, wanted_of
    from core.hamiltonian.reference import BAND_REFERENCES

    with exit_on_error():
        make_references(wanted_of(only or ()), out=out or BAND_REFERENCES, work=work, python=python, tell=say)


@app.command()
def fits(only: Annotated[list[str] | None, typer.Option(help="Only this reference; may be repeated.")] = None) -> None:
    """Fit all references with 1 to 10 neighbours: what the page opens with."""
    from core.evaluation.hamiltonian_fits import make_fits

    with exit_on_error():
        make_fits(only or (), tell=say)
