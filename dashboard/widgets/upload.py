"""An uploaded file of molecules: its limits before, its columns after."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from core.elements import COVERED_SYMBOLS
from core.errors import EigenscopeError
from core.readers.columns_found import Columns
from core.readers.records import MAX_FILE_MB, MAX_ROWS
from core.readers.structures import EXTENSIONS, detect_columns, read_structures
from core.structure.entry import Entry
from core.structure.molecule import MAX_ATOMS
from core.structure.overview import Overview, overview_of
from core.table import table_of_entries
from dashboard.resources import digest
from dashboard.state import session
from dashboard.widgets.guard import show_error
from dashboard.widgets.text import escape_markdown

UPLOAD_LIMITS = (
    f"SMILES, InChI, CSV, TSV, SDF, MOL, XYZ, extxyz or Parquet; up to {MAX_FILE_MB} MB, {MAX_ROWS:,} rows and "
    f"{MAX_ATOMS} atoms a molecule. Covered: neutral closed-shell molecules of {' '.join(COVERED_SYMBOLS)}, one fragment a row; "
    "anything else comes back as a row that says why."
)


@dataclass(frozen=True, eq=False)
class OwnInput:
    """What was read of a file: its rows, what they are in short, and the same as a table without predictions."""

    entries: Sequence[Entry]
    overview: Overview
    table: pd.DataFrame


@dataclass(frozen=True)
class Upload:
    """A file as uploaded; `read` gives what was read of it, or raises EigenscopeError.

    Attributes
    ----------
    fingerprint : str
        Of the content and of how it is read.
    columns : Columns
        Of a table; without names where it is none.
    smiles_column : str or None
        The one chosen.
    """

    name: str
    fingerprint: str
    columns: Columns
    smiles_column: str | None
    read: Callable[[], OwnInput]


def show_uploader(key: str) -> Upload | None:
    """Show the limits, the uploader and, for tables, the columns found; return the file once there is one."""
    st.caption(UPLOAD_LIMITS)
    upload = st.file_uploader(
        "Molecules", type=list(EXTENSIONS), key=key, label_visibility="collapsed", max_upload_size=MAX_FILE_MB
    )
    if upload is None:
        st.session_state.pop(f"{key}_read", None)
        return None
    data, name = upload.getvalue(), upload.name
    mark = digest(data)
    try:
        columns = find_columns_once(mark, name, _data=data)
    except EigenscopeError as error:
        show_error(error)
        return None
    smiles_column, id_column = choose_columns_of(columns, key=key, mark=mark) if columns.names else (None, None)
    strip_salts = bool(session().settings["strip_salts"])
    fingerprint = f"{name} #{mark} {smiles_column} {id_column}{' stripped' if strip_salts else ''}"

    def read() -> list[Entry]:
        return read_structures(data, name, smiles_column=smiles_column, id_column=id_column, strip_salts=strip_salts)

    return Upload(name, fingerprint, columns, smiles_column, lambda: keep_read(key, fingerprint, read))


def choose_columns_of(columns: Columns, *, key: str, mark: str) -> tuple[str | None, str]:
    """Ask which columns hold the SMILES and the identifiers, beginning with what the reader found; of another file anew."""
    smiles_key, id_key, mark_key = f"{key}_smiles_column", f"{key}_id_column", f"{key}_mark"
    if st.session_state.get(mark_key) != mark:
        st.session_state[mark_key] = mark
        for name in (smiles_key, id_key):
            st.session_state.pop(name, None)
    names, choices = list(columns.names), ["", *columns.names]
    left, right = st.columns(2)
    smiles_column: str | None = left.selectbox(
        "SMILES column",
        names,
        index=names.index(columns.smiles) if columns.smiles in names else None,
        placeholder="Which holds the SMILES?",
        key=smiles_key,
    )
    id_column: str = right.selectbox(
        "ID column",
        choices,
        index=choices.index(columns.id) if columns.id in choices else 0,
        format_func=lambda c: c or "(row number)",
        key=id_key,
    )
    if columns.notes and smiles_column == columns.smiles:
        st.caption(escape_markdown("; ".join(columns.notes)))
    return smiles_column, id_column


@st.cache_data(show_spinner="Reading the file …", max_entries=8)
def find_columns_once(mark: str, name: str, *, _data: bytes) -> Columns:
    """Return the columns of a file, `mark` being its `digest`; raises as `detect_columns`."""
    return detect_columns(_data, name)


def keep_read(key: str, fingerprint: str, read: Callable[[], list[Entry]]) -> OwnInput:
    """Return what a file holds, read once a session and file; raises as `read`.

    The session keeps it, as it keeps the molecules of its scan; sessions share none: files are their own, and large.
    """
    held: tuple[str, OwnInput] | None = st.session_state.get(f"{key}_read")
    if held is not None and held[0] == fingerprint:
        return held[1]
    with st.spinner("Reading the file …"):
        entries = read()
        own = OwnInput(entries, overview_of(entries), table_of_entries(entries))
    st.session_state[f"{key}_read"] = (fingerprint, own)
    return own
