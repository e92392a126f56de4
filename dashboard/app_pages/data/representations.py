"""One molecule's representations: its Coulomb matrix as a heat map or eigenvalues, its many-body tensor as curves."""

import numpy as np
import pandas as pd
import streamlit as st

from core.errors import EigenscopeError, InputError
from core.features.coulomb_matrix import MONTAVON, NOISE, RUPP, CoulombEigenspectrum, atom_order, coulomb_matrices
from core.features.mbtr import ManyBodyTensor, TermCurve
from core.labels.catalogue import DataSet, find_molecules, load_geometry, present_sets
from core.readers.structures import entries_from_text
from core.structure.entry import OK
from core.structure.geometry import Geometry
from core.structure.place import PLACEMENTS, place_entry
from dashboard.app_pages.data.sets import set_summary
from dashboard.figures.drawings import draw_molecule, molecule_of
from dashboard.figures.representations import eigenvalue_figure, matrix_figure, term_figure
from dashboard.state import EXAMPLE_SMILES, remember
from dashboard.widgets.downloads import figure_download, table_downloads
from dashboard.widgets.explain import atom_labels
from dashboard.widgets.figure import show_figure
from dashboard.widgets.guard import guarded, show_error
from dashboard.widgets.headings import section, subsection
from dashboard.widgets.page_theme import current_theme
from dashboard.widgets.text import escape_markdown

TYPED_MOLECULE = "typed"
SORTED, RANDOM, EIGENVALUES = "sorted", "random", "eigenvalues"
MATRIX_FORMS = {SORTED: "Sorted by norm", RANDOM: "Randomly sorted", EIGENVALUES: "Eigenspectrum"}
ENTRIES = (
    "Diagonal: 0.5 Z^2.4, otherwise Z Z\u2032 / R in atomic units: each atom's element and its distance to every other. Atoms "
    "are numbered as in the drawing."
)
CAPTIONS = {
    SORTED: f"{ENTRIES} Rows by falling norm: what kernel ridge regression, MLP and CNN predict from.",
    RANDOM: f"{ENTRIES} Rows by falling norm plus noise of {NOISE:g} Hartree: MLP and CNN are trained on a new draw each time.",
    EIGENVALUES: "Eigenvalues by falling magnitude: no order of the atoms is needed, but different molecules may share them.",
}
TERM_NAMES = {
    1: ("One body", "which elements there are, and how many atoms of each"),
    2: ("Two bodies", "inverse distances of every pair of atoms, near ones counting more"),
    3: ("Three bodies", "cosines of the angle at the middle atom, small triangles counting more"),
}


@st.fragment
@guarded
def show_representations() -> None:
    """Ask for a molecule and show what learners of fixed inputs see of it."""
    try:
        found = choose_molecule()
    except EigenscopeError as error:
        show_error(error)
        return
    if found is None:
        return
    geometry, smiles = found
    with st.grid(2, min_column_width=420, gap="medium") as row:
        with row.cell():
            show_matrix(geometry)
        with row.cell():
            show_molecule(geometry, smiles)
    show_terms(geometry)


def choose_molecule() -> tuple[Geometry, str] | None:
    """Ask for a SMILES, or for a molecule of a set; return its geometry and SMILES.

    Raises
    ------
    EigenscopeError
        If it cannot be read, found or placed in space.
    """
    sets = {s.key: s for s in present_sets()}
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        source = remember(
            st.selectbox,
            "Molecule",
            "represented_from",
            options=[TYPED_MOLECULE, *sets],
            width=240,
            format_func=lambda k: "Typed SMILES" if k == TYPED_MOLECULE else f"From {sets[k].name}",
        )
        if source == TYPED_MOLECULE:
            text = remember(st.text_input, "SMILES or InChI", "represented_text", placeholder=EXAMPLE_SMILES, width=420)
            return geometry_of_text(text.strip()) if text.strip() else None
        return choose_from_set(sets[source])


def choose_from_set(dataset: DataSet) -> tuple[Geometry, str] | None:
    """Ask for one of a set's molecules by ID or SMILES."""
    query = remember(
        st.text_input, "ID or SMILES, or a part of it", "represented_query", placeholder="all of the set", width=240
    )
    found = find_molecules(set_summary(dataset), query)
    if found.empty:
        raise InputError(f"no molecule of {dataset.name} has {query!r} in its ID or SMILES")
    names = dict(zip(found["id"], found["smiles"], strict=True))
    name = st.selectbox(
        f"Found {len(found)}" if len(found) < 50 else "The first 50",
        list(names),
        key=f"represented_{dataset.key}_{query}",
        format_func=lambda i: f"{i}  {names[i]}",
        width=420,
    )
    return load_geometry(dataset, name), names[name]


@st.cache_data(show_spinner="Making a geometry …", max_entries=200)
def geometry_of_text(text: str) -> tuple[Geometry, str]:
    """Return a typed molecule's geometry (ETKDGv3 and MMFF94) and SMILES.

    Raises
    ------
    InputError
        If it is none, or the program does not cover it; the message is the row's own reason.
    """
    entries = entries_from_text(text)
    if not entries:
        raise InputError("SMILES must name a molecule, found nothing")
    entry = place_entry(entries[0], PLACEMENTS["fast"])
    if entry.status != OK or entry.geometry is None or entry.molecule is None:
        raise InputError(entry.reason)
    return entry.geometry, entry.molecule.smiles


def show_matrix(geometry: Geometry) -> None:
    """Show the Coulomb matrix in one of its three forms."""
    section("Coulomb matrix")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        form = remember(
            st.segmented_control,
            "Form of the Coulomb matrix",
            "represented_form",
            options=list(MATRIX_FORMS),
            format_func=MATRIX_FORMS.get,
            label_visibility="collapsed",
        )
        draw = 1
        if form == RANDOM:
            draw = remember(st.number_input, "Draw", "represented_draw", min_value=1, max_value=999, step=1, width=120)
    matrix = coulomb_matrices([geometry], geometry.n_atoms)[0]
    if form == EIGENVALUES:
        values = CoulombEigenspectrum(geometry.n_atoms)([geometry])[0]
        figure = eigenvalue_figure(values, theme=current_theme())
    else:
        order = atom_order(matrix) if form == SORTED else random_order(matrix, seed=int(draw))
        labels = atom_labels(geometry.numbers)
        figure = matrix_figure(matrix[order][:, order], [labels[k] for k in order], theme=current_theme())
    show_figure(figure, f"coulomb-{form}", alt=f"Coulomb matrix of the molecule: {MATRIX_FORMS[form].lower()}")
    st.caption(f"{CAPTIONS[form]} {MONTAVON if form == RANDOM else RUPP}.")
    figure_download(figure, f"coulomb-{form}", key="download_matrix_html")


def random_order(matrix: np.ndarray, *, seed: int) -> np.ndarray:
    """Return the order of the rows (n_atoms,) by falling norm plus noise, as the networks are shown it in training."""
    norms = np.linalg.norm(matrix, axis=1)
    return np.argsort(-(norms + NOISE * np.random.default_rng(seed).standard_normal(len(norms))))


def show_molecule(geometry: Geometry, smiles: str) -> None:
    """Show the drawing, atoms numbered as on the matrix's axes."""
    section("Structure")
    mol = molecule_of(geometry.numbers, geometry.positions, smiles)
    if mol is not None:
        svg = draw_molecule(mol, theme=current_theme(), number=True, size=(420, 320))
        st.image(svg, width=420, alt=f"Structure of {smiles}")
    else:
        st.caption("No drawing: the bonds of this geometry are not those of its SMILES.")
    origin = escape_markdown(geometry.origin)
    st.caption(f"{escape_markdown(smiles)} · {geometry.formula} · {geometry.n_atoms} atoms  \nGeometry: {origin}")


@st.cache_data(show_spinner="Counting pairs and triples …", max_entries=100)
def term_curves(numbers: bytes, positions: bytes, _geometry: Geometry) -> list[TermCurve]:
    """Return the curves of a geometry; its bytes are what the cache compares."""
    symbols = sorted(set(zip(_geometry.numbers.tolist(), _geometry.symbols, strict=True)))
    return ManyBodyTensor([symbol for _, symbol in symbols]).curves(_geometry)


def show_terms(geometry: Geometry) -> None:
    """Show the many-body tensor, a figure a term."""
    section("Many-body tensor (MBTR)", "one curve an element, pair or triple; click a name in the legend to hide it")
    curves = term_curves(geometry.numbers.tobytes(), geometry.positions.tobytes(), geometry)
    with st.grid(3, min_column_width=360, gap="medium") as row:
        for n_bodies, (name, what) in TERM_NAMES.items():
            of_term = [c for c in curves if c.n_bodies == n_bodies]
            with row.cell():
                subsection(name)
                if of_term:
                    show_figure(term_figure(of_term, theme=current_theme(), height=340), f"mbtr-{n_bodies}")
                    st.caption(f"{what[:1].upper()}{what[1:]}.")
                else:
                    st.caption("Too few atoms for this term.")
    table = pd.DataFrame(
        [(c.label, c.axis, x, y) for c in curves for x, y in zip(c.x, c.y, strict=True)],
        columns=["term", "axis", "x", "weighted_count"],
    )
    st.caption(f"{ManyBodyTensor.source}.")
    if not table.empty:
        with st.container(horizontal=True, gap="small"):
            table_downloads(table, "mbtr")
