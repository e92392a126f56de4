"""A user's own file before it is computed: what was read of it, what was not and why, and how long it will take."""

import pandas as pd
import streamlit as st

from core.errors import EigenscopeError
from core.quantities import OWN_PREFIX
from core.screening.own_columns import own_columns
from core.structure.overview import n_rows_text
from dashboard.pace import describe_expected, way_into_space
from dashboard.state import remember, session
from dashboard.widgets.columns import ABSENT
from dashboard.widgets.guard import show_error
from dashboard.widgets.not_predicted import show_not_predicted
from dashboard.widgets.text import escape_markdown
from dashboard.widgets.upload import OwnInput, Upload, show_uploader

N_PREVIEWED = 5  # rows


def show_own_file(key: str, *, done: str = "") -> Upload | None:
    """Show the uploader and what was read of the file; return it once some of its rows are molecules.

    Parameters
    ----------
    done : str
        Of which file the page shows predictions: begins with its fingerprint.
    """
    upload = show_uploader(key)
    show_strip_salts()
    if upload is None:
        return None
    if upload.columns.names and upload.smiles_column is None and not is_readable_without(upload):
        st.warning(
            f"No row of {escape_markdown(upload.name, limit=60)} could be read: no column reads as SMILES or InChI. "
            "Choose the one that holds the structures.",
            icon=":material/table_view:",
        )
        show_cells(upload)
        return None
    try:
        own = upload.read()
    except EigenscopeError as error:
        show_error(error)
        return None
    if not own.overview.n_read:
        column = f" from the column {upload.smiles_column}" if upload.smiles_column else ""
        other = " Choose another column." if upload.columns.names else ""
        st.error(
            escape_markdown(
                f"No row of {upload.name} could be read as a molecule{column}: {own.entries[0].reason}.", limit=300
            )
            + other,
            icon=":material/error:",
        )
        return None
    show_what_was_read(own, upload.smiles_column, key=key, is_done=done.startswith(upload.fingerprint))
    return upload


def is_readable_without(upload: Upload) -> bool:
    """Return whether a table needs no column of SMILES, because it brings coordinates."""
    try:
        upload.read()
    except EigenscopeError:
        return False
    return True


def show_strip_salts() -> None:
    """Show the switch that takes off counter-ions and solvents."""
    remember(
        st.toggle,
        "Strip counter-ions and solvents",
        "strip_salts",
        help="Takes off what RDKit knows as salt or solvent, keeps the largest organic fragment and makes it neutral where "
        "hydrogens can. The column Note says of each row what was taken off. Off, such rows are refused.",
    )


def show_what_was_read(own: OwnInput, smiles_column: str | None, *, key: str, is_done: bool) -> None:
    """Show the counts, the rows that will have no prediction, the first rows, and the expected time; folded once computed."""
    overview = own.overview
    counts = f"{n_rows_text(overview.n_rows)} read, {overview.n_ready:,} can be predicted"
    with st.expander(f"**{counts}**", expanded=not is_done, key=f"{key}_overview_{is_done}"):
        if overview.remarks():
            st.caption(escape_markdown(" · ".join(sentence(remark) for remark in overview.remarks()), limit=600))
        show_not_predicted(own.table, key=f"{key}_not_read", name="not-read")
        st.dataframe(
            preview(own.table.head(N_PREVIEWED), smiles_column),
            hide_index=True,
            key=f"{key}_preview",
            placeholder=ABSENT,
            column_config={
                "Row": st.column_config.NumberColumn(width=50),
                "ID": st.column_config.TextColumn(width=110),
                "SMILES": st.column_config.TextColumn(width=190),
            },
        )
        st.caption(f"The first {min(N_PREVIEWED, overview.n_rows)} rows.")
    if not is_done:
        settings = session().settings
        way = way_into_space(settings["geometry"], settings["conformers"])
        st.caption(f"{sentence(describe_expected(overview, way))}.")


def sentence(text: str) -> str:
    """Return text with a capital."""
    return text[:1].upper() + text[1:]


def preview(table: pd.DataFrame, smiles_column: str | None) -> pd.DataFrame:
    """Return the first rows as they were read; what is wrong with one, or was assumed, stands behind its columns."""
    remarks = [reason or note for reason, note in zip(table["reason"], table["note"], strict=True)]
    front = {"Row": table["row"], "ID": table["id"], "SMILES": table["smiles"]}
    own = {c.removeprefix(OWN_PREFIX): table[c] for c in own_columns(table) if c != f"{OWN_PREFIX}{smiles_column}"}
    own = {name if name not in (*front, "Remark") else f"{name} (input)": cells for name, cells in own.items()}
    return pd.DataFrame(front | own | ({"Remark": remarks} if any(remarks) else {}), index=table.index)


def show_cells(upload: Upload) -> None:
    """Show the columns of a table of which no row can be read yet."""
    st.caption("Its columns: " + escape_markdown(", ".join(upload.columns.names), limit=400))
