"""The choices at the top: material, size, neighbours, how it is fitted; the user's own bands."""

import hashlib

import streamlit as st

from core.errors import EigenscopeError
from core.hamiltonian.band_files import own_reference, read_band_file, read_structure
from core.hamiltonian.fit import HamiltonianOptions
from core.hamiltonian.neighbours import MAX_SHELL
from core.hamiltonian.reference import BandReference
from core.quantities import QUANTITIES
from dashboard.app_pages.hamiltonian.kept import MATERIALS, OWN_BANDS, Chosen, kept_reference, sizes_of_materials
from dashboard.state import remember, session
from dashboard.widgets.guard import show_error
from dashboard.widgets.text import escape_markdown

MAX_BANDS_MB = 50
DEEP_SHELLS = 3  # of s and p orbitals
STARTING_POINTS = {"refine": "From the best start known", "network": "From a network trained on random Hamiltonians"}
OWN_HELP = (
    "A structure that ASE reads (extended XYZ, CIF, POSCAR, vasprun.xml, pw.x output) and its bands: EIGENVAL, vasprun.xml, a "
    "band structure of ASE or GPAW as JSON, an output of pw.x, or rows of k1 k2 k3 and energies in eV. A planar sheet of carbon "
    "gets one p_z orbital an atom, anything else s and p; bands are counted from the Fermi level."
)


def choose_reference() -> tuple[Chosen | None, bool]:
    """Show the choices; return what they name, None while a user's files are missing, and whether Fit was pressed."""
    materials = [*sizes_of_materials(), OWN_BANDS]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        material = remember(
            st.selectbox,
            "Material",
            "hamiltonian_material",
            options=materials,
            format_func=MATERIALS.__getitem__,
            width=230,
        )
        key = choose_size(material) if material != OWN_BANDS else OWN_BANDS
        shown = kept_reference(key) if key and key != OWN_BANDS else None
        last = DEEP_SHELLS if shown is not None and shown.basis == "sp" else MAX_SHELL
        name = "hamiltonian_deep_shells" if last == DEEP_SHELLS else "hamiltonian_shells"
        n_shells = remember(
            st.slider,
            "Hoppings up to neighbours",
            name,
            min_value=1,
            max_value=last,
            width=240,
            help="Shells of neighbours of the pristine lattice; a pair is of the shell whose distance is nearest to its own.",
        )
        with st.popover("How it is fitted", icon=":material/tune:"):
            by_network = choose_way()
            window, weight, starts = choose_details(shown)
        busy = "hamiltonian" in session().jobs
        is_pressed = st.button(
            "Fit", key="fit_hamiltonian", type="primary", icon=":material/play_arrow:", disabled=busy
        )
    reference = read_own() if material == OWN_BANDS else shown
    if reference is None:
        return None, False
    options = HamiltonianOptions(n_shells=n_shells, window_ev=window, density_weight=weight, n_starts=starts)
    mark = f"{OWN_BANDS} {session().own_bands_mark}" if material == OWN_BANDS else key
    return Chosen(mark, reference, options, by_network), is_pressed


def choose_size(material: str) -> str:
    """Ask for the size of the cell; return the reference's key."""
    keys = sizes_of_materials()[material]
    if len(keys) == 1:
        return keys[0]
    sizes = [key.rpartition("_")[2] for key in keys]
    size = remember(
        st.segmented_control, "Cell", "hamiltonian_size", options=sizes, format_func=lambda s: s.replace("x", " × ")
    )
    return keys[sizes.index(size)] if size in sizes else keys[0]


def choose_way() -> bool:
    """Ask from where a fit starts; return whether from the network."""
    way = remember(
        st.selectbox, "Start", "hamiltonian_way", options=list(STARTING_POINTS), format_func=STARTING_POINTS.__getitem__
    )
    return bool(way == "network")


def choose_details(reference: BandReference | None) -> tuple[tuple[float, float] | None, float, int]:
    """Ask for the window, the weight of local densities and the number of starts."""
    window = None
    if reference is None or reference.basis == "pz":
        low, high = remember(
            st.slider,
            QUANTITIES["orbital_energy_ev"].titled("Energies that count"),
            "hamiltonian_window_ev",
            min_value=-3.0,
            max_value=3.0,
            step=0.25,
            help="From the Fermi level. The stored local densities reach to 2 eV on both sides.",
        )
        window = (float(low), float(high)) if high > low else None
    weight = remember(
        st.slider,
        "Weight of local densities of states",
        "hamiltonian_density_weight",
        min_value=0.0,
        max_value=1.0,
        step=0.05,
        help="eV per state/eV: at 0.3 an error of the local density of 0.01 states/eV counts as one of the bands of 3 meV.",
    )
    starts = remember(
        st.slider,
        "Starts",
        "hamiltonian_starts",
        min_value=1,
        max_value=5,
        help="With several, the others begin at disturbed hoppings: where good fits differ, the data do not determine a hopping.",
    )
    return window, float(weight), int(starts)


def read_own() -> BandReference | None:
    """Ask for a structure and its bands; the session keeps what was read."""
    state = session()
    st.caption(OWN_HELP)
    left, right = st.columns(2)
    structure = left.file_uploader("Structure", key="own_structure", max_upload_size=MAX_BANDS_MB)
    bands = right.file_uploader("Bands", key="own_bands", max_upload_size=MAX_BANDS_MB)
    with st.container(horizontal=True, gap="medium"):
        fermi = st.number_input(
            QUANTITIES["orbital_energy_ev"].titled("Fermi level, where the file has none,"),
            value=None,
            key="own_fermi_ev",
            width=300,
            format="%.4f",
        )
        occupied = st.number_input(
            "Occupied bands, where nothing tells", min_value=1, value=None, key="own_occupied", width=300
        )
    if structure is None or bands is None:
        held: BandReference | None = state.own_bands
        return held
    mark = hashlib.sha256(structure.getvalue() + bands.getvalue() + f"{fermi} {occupied}".encode()).hexdigest()[:12]
    if mark != state.own_bands_mark:
        try:
            crystal = read_structure(structure.getvalue(), structure.name)
            read = read_band_file(bands.getvalue(), bands.name)
            state.own_bands = own_reference(crystal, read, fermi_ev=fermi, n_occupied=occupied)
        except EigenscopeError as error:
            show_error(error)
            return None
        state.own_bands_mark = mark
    found: BandReference = state.own_bands
    orbitals = "one p_z orbital an atom" if found.basis == "pz" else "s and p orbitals"
    st.caption(
        f"{escape_markdown(structure.name)}, {escape_markdown(str(found.facts['theory']))}: "
        f"{found.crystal.n_atoms} atoms, {orbitals}, "
        f"{len(found.kpts)} k-points, every fifth held out."
    )
    return found
