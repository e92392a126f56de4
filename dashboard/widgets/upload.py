"""An uploaded file of molecules: its limits before, its columns after."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from core.elements import COVERED_SYMBOLS
from core.errors import EigenscopeError
from core.readers.records import MAX_FILE_MB, MAX_ROWS
from core.readers.structures import EXTENSIONS, detect_columns, read_structures
from core.structure.entry import Entry
from core.structure.molecule import MAX_ATOMS
from dashboard.resources import digest

UPLOAD_LIMITS = (
    f"SMILES, InChI, CSV, TSV, SDF, MOL, XYZ, extxyz or Parquet; up to {MAX_FILE_MB} MB, {MAX_ROWS:,} rows and "
    f"{MAX_ATOMS} atoms a molecule. Covered: neutral closed-shell molecules of {' '.join(COVERED_SYMBOLS)}, one fragment a row; "
    "anything else comes back as a row that says why."
)


@dataclass(frozen=True)
class Upload:
    """A file as uploaded; `read` gives its entries or raises EigenscopeError.

    Attributes
    ----------
    fingerprint : str
        Of the content and of the columns chosen.
    """

    name: str
    fingerprint: str
    read: Callable[[], Sequence[Entry]]


def show_uploader(key: str) -> Upload | None:
    """Show the limits, the uploader and, for tables, the columns found; return the file once there is one."""
    st.caption(UPLOAD_LIMITS)
    upload = st.file_uploader(
        "Molecules", type=list(EXTENSIONS), key=key, label_visibility="collapsed", max_upload_size=MAX_FILE_MB
    )
    if upload is None:
        return None
    data, name = upload.getvalue(), upload.name
    smiles_column = id_column = None
    try:
        columns = detect_columns(data, name)
    except EigenscopeError as error:
        st.error(str(error), icon=":material/error:")
        return None
    if columns.names:
        names = list(columns.names)
        left, right = st.columns(2)
        smiles_column = left.selectbox(
            "SMILES column",
            names,
            index=names.index(columns.smiles) if columns.smiles in names else 0,
            key=f"{key}_smiles_column",
        )
        choices = ["", *names]
        id_column = right.selectbox(
            "ID column",
            choices,
            index=choices.index(columns.id) if columns.id in choices else 0,
            format_func=lambda c: c or "(row number)",
            key=f"{key}_id_column",
        )
    return Upload(
        name,
        f"{name} #{digest(data)} {smiles_column} {id_column}",
        lambda: read_structures(data, name, smiles_column=smiles_column, id_column=id_column),
    )
