"""Eigenscope's dashboard: what `eigenscope dashboard` serves."""

import gc
import importlib
from pathlib import Path

import streamlit as st

from core import __version__

ABOUT = (
    f"Eigenscope {__version__}: occupied levels and photoemission-type spectra of organic molecules in milliseconds."
)
FOLDER = Path(__file__).parent
PAGES = {
    "predict": "Predict",
    "scan": "Scan",
    "rank": "Rank",
    "trajectories": "Trajectories",
    "models": "Models",
    "data": "Data",
    "workbench": "Workbench",
    "hamiltonian": "Hamiltonian",
    "about": "About",
}


def main() -> None:
    """Show the page that the address names."""
    pages = [
        st.Page(f"app_pages/{name}/page.py", title=title, url_path=name, default=name == "predict")
        for name, title in PAGES.items()
    ]
    page = st.navigation(pages, position="top")
    st.set_page_config(
        page_title=f"{page.title} · Eigenscope",
        page_icon=str(FOLDER / "icon.png"),
        layout="wide",
        menu_items={"About": ABOUT},
    )
    st.html(FOLDER / "page_style.css")
    with st.spinner("Starting …"):  # the first session waits some seconds for PyTorch and RDKit, and should see why
        load_modules()
    from core.errors import EigenscopeError
    from dashboard.address import open_address, write_address
    from dashboard.widgets.guard import show_damaged, show_error

    show_damaged()
    open_address()
    try:
        page.run()
        write_address(page.title.lower())
    except EigenscopeError as error:  # a model or library that cannot be read
        show_error(error)


@st.cache_resource(show_spinner=False)
def load_modules() -> None:
    """Import what the pages need, and let no garbage collection look through it again."""
    importlib.import_module("dashboard.resources")
    gc.collect()
    gc.freeze()


main()
