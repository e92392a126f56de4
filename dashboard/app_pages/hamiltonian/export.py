"""The Hamiltonian as files for other programs."""

from functools import partial

import streamlit as st

from core.hamiltonian import exports
from core.hamiltonian.fit import HamiltonianFit
from dashboard.app_pages.hamiltonian.kept import Chosen


def show_export(chosen: Chosen, fit: HamiltonianFit) -> None:
    """Offer the Hamiltonian as JSON, table, Wannier90's file, and scripts for sisl and PythTB."""
    name = f"eigenscope-{chosen.key.split()[0]}-{fit.options.n_shells}"
    model = fit.hamiltonian
    files = (
        ("JSON", f"{name}.json", "application/json", partial(exports.to_json, model)),
        ("CSV", f"{name}.csv", "text/csv", lambda: exports.element_table(model).to_csv(index=False)),
        ("Wannier90 _hr.dat", f"{name}_hr.dat", "text/plain", partial(exports.to_wannier90, model)),
        ("sisl (script)", f"{name}-sisl.py", "text/x-python", partial(exports.sisl_script, f"{name}.json")),
        ("PythTB (script)", f"{name}-pythtb.py", "text/x-python", partial(exports.pythtb_script, f"{name}.json")),
    )
    with st.container(horizontal=True, gap="small"):
        for label, file_name, mime, write in files:
            st.download_button(
                label,
                write,
                file_name=file_name,
                mime=mime,
                key=f"hamiltonian_{label.split()[0].lower()}",
                on_click="ignore",
                icon=":material/download:",
            )
    st.caption(
        "H(k) = sum over cells R of exp(2πi k·R) H(R), in eV; both directions of every pair are there. The scripts read the JSON "
        "beside them and need no Eigenscope."
    )
