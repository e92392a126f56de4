"""About: what the numbers are and are not, how accurate, where from, how to cite; save and load a session."""

import streamlit as st

from core.errors import EigenscopeError, ModelError
from core.readers.records import MAX_FILE_MB
from dashboard import resources
from dashboard.kept_sessions import MAX_AGE_S, replace_session
from dashboard.session_file import describe_session, estimate_mb, load_session, save_session
from dashboard.state import SETTING_DEFAULTS, session
from dashboard.widgets.card import show_accuracy, show_card
from dashboard.widgets.footer import show_footer
from dashboard.widgets.guard import show_error
from dashboard.widgets.headings import page_heading, section
from dashboard.widgets.learner_choice import current_model_key

WHAT = """
**What is predicted.** The Kohn–Sham orbital energies (*levels*) of an isolated, neutral, closed-shell organic
molecule at one geometry, in eV with the vacuum at zero: every occupied valence level and the lowest empty one
(LUMO). The *spectrum* is their density of states: each level a line of unit area, Gaussian with σ 0.5 eV unless
changed. The headline spectrum holds the *band* of the 16 highest occupied levels, as in Ghosh et al. 2019.

**What is not.** Kohn–Sham levels are not ionisation energies: PBE HOMOs lie 3.0 to 5.2 eV above minus the measured
ionisation energy (5 to 95 % of 113 molecules). The "binding energy" axis is minus the Kohn–Sham level, no more. Nothing
here knows of vibrations, shake-up, solvents or crystals.

**Ionisation energies**, chosen beside the learner, are the same network's levels, each corrected by what the network
knows of it (a Gaussian process) to G0W0@CAM-B3LYP/def2-TZVP: vertical, without vibrations. Their ± is against that level of
theory, which itself errs by −0.16 eV on average with a spread of 0.18 eV (where a level is explained, both are added to the ±
against measurement); the correction is learnt from as many molecules as
the model's card says, and below 20 eV the theory is not reliable. Against a measured target Rank compares with them where
they are chosen; where Kohn–Sham levels are, it estimates ionisation energies by one straight line, and says so. Levels of a
measured curve count by photoionisation cross-sections of their s and p weights; Predict draws levels so under *Drawn as*,
with widths, analyser and background that are choices and not predictions.

**Geometry matters.** Levels move by about 0.2 eV between conformers. A row from SMILES is the Boltzmann average over the
conformers found here (ETKDGv3, MMFF94, GFN2-xTB; mirror images counted, vibrations and solvent left out) where finding them
is quick, else one of them; with Fast, one MMFF94 geometry. Of molecules of QM9's elements a network then moves the atoms to
where B3LYP would put them ("learnt B3LYP"). A row from a 3-D file stands on its coordinates. The *Geometry* column says which.

**The ± and the error bands** are the expected RMSE of the band for that molecule, by how unlike the training
molecules' its atoms are, calibrated on molecules that the model was not trained on, half of them with groups that
those lack. Within the molecule the deepest levels and the two highest are expected to err more than those between. Both
are carried through to spectra and scores as independent errors of the levels. Where the geometry was made
here they also hold what another conformer would change, measured by how much in the molecule turns; the column *±
Band* is the model alone, at the geometry it has. Far outside all of this they are extrapolated.
"""

SOURCES = """
- Method and headline spectrum: K. Ghosh, A. Stuke, M. Todorović, P. B. Jørgensen, M. N. Schmidt, A. Vehtari, P.
  Rinke, *Deep Learning Spectroscopy*, Adv. Sci. 2019, 6, 1801367, doi 10.1002/advs.201801367.
- Molecules: QM9 (R. Ramakrishnan et al., Sci. Data 2014, 1, 140022, doi 10.1038/sdata.2014.22), CC0.
- Geometries: ETKDGv3 (Wang et al. 2020, doi 10.1021/acs.jcim.0c00025), MMFF94 (Halgren 1996), GFN2-xTB
  (Bannwarth et al. 2019, doi 10.1021/acs.jctc.8b01176).
- Program: MIT licence. Works without a network; nothing you enter leaves this computer.
- To cite: the program with its version, the model's key with the date on its card, and the papers above.
"""


def show_session_file() -> None:
    """Save this session to a file, or go on from one."""
    state = session()
    section("Session")
    st.caption(
        f"Here now: {describe_session(state)}. The file holds them with predictions, targets and controls as they are, in about "
        f"{max(estimate_mb(state), 0.1):.1f} MB. Not in it: checks with DFT, uploaded files, work under way. "
        f"Reloading the page loses nothing either: for {MAX_AGE_S / 3600:.0f} hours, or until the program is stopped, this "
        "browser finds it by the address."
    )
    if estimate_mb(state) > MAX_FILE_MB:
        st.warning(
            f"A file larger than {MAX_FILE_MB} MB cannot be loaded here again. Scan the library in parts, or export its table.",
            icon=":material/warning:",
        )
    st.download_button(
        "Save session",
        lambda: save_session(state),
        file_name="eigenscope-session.zip",
        mime="application/zip",
        key="session_save",
        on_click="ignore",
        icon=":material/download:",
    )
    upload = st.file_uploader("Load a session", type=["zip"], key="session_upload", max_upload_size=MAX_FILE_MB)
    if upload is not None and st.button("Go on from this session", type="primary", key="session_load"):
        try:
            loaded = load_session(upload.getvalue())
        except EigenscopeError as error:
            show_error(error)
            return
        loaded.notice = f"As saved: {describe_session(loaded)}."
        replace_session(loaded)
        for name in SETTING_DEFAULTS:
            st.session_state.pop(name, None)
        st.switch_page(f"app_pages/{'predict' if loaded.scan is None else 'scan'}/page.py")


page_heading("What the numbers are, and how far to trust them.")
with st.grid(2, min_column_width=400, gap="large") as page:
    with page.cell():
        st.markdown(WHAT)
        show_session_file()
    with page.cell():
        try:
            card = resources.get_model(current_model_key()).card
        except ModelError as error:
            show_error(error)
        else:
            show_accuracy(card)
            show_card(card)
        section("Sources and licences")
        st.markdown(SOURCES)
show_footer()
