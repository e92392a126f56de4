"""How a target's file is read: in a line where nothing is open, else the question; every guess can be changed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from core.quantities import QUANTITIES
from core.readers.energy_axis import AXIS_UNITS_EV
from core.readers.spectra import ReadSpectrum
from core.readers.spectrum_options import AXES, REFERENCES
from core.readers.spectrum_preview import SpectrumPreview
from dashboard.app_pages.rank.target_file import AS_MEASURED, HOLDINGS, SHOWS, TargetFile
from dashboard.state import BAND, VALENCE, session
from dashboard.widgets.columns import ABSENT
from dashboard.widgets.text import escape_markdown

N_SHOWN_ROWS = 4
WIDTH_PX, WIDE_PX = 165, 340  # two, or one, in a third of a page
NUMBER_OPTIONS = ("photon_energy_ev", "zero_ev")
LABELS = {
    "region": "Region",
    "energy_column": "Energy column",
    "intensity_column": "Intensity column",
    "unit": "Unit",
    "axis": "Energies are",
    "photon_energy_ev": QUANTITIES["photon_energy_ev"].header,
    "reference": "Zero of the energies",
    "zero_ev": QUANTITIES["zero_ev"].header,
    "decimal": "Decimal mark",
    SHOWS: "Holds",
}
CHOICE_WORDS = {
    "axis": {
        "binding": "binding (positive = bound)",
        "orbital": "orbital (negative = bound)",
        "kinetic": "kinetic",
    },
    "reference": {"vacuum": "vacuum", "fermi": "Fermi level", "homo": "HOMO"},
    "decimal": {".": "point", ",": "comma"},
    SHOWS: HOLDINGS,
}
HELP = {
    "photon_energy_ev": "Of the light: He I 21.218, He II 40.814 eV.",
    "zero_ev": "On the vacuum scale: minus the work function, or the HOMO's energy.",
    SHOWS: "Measured energies are compared with estimated ionisation energies, Kohn-Sham levels as they stand.",
}


@dataclass(frozen=True)
class Picker:
    """One choice: a field of SpectrumOptions or SHOWS, what is offered (nothing: a number) and what it is now."""

    option: str
    choices: tuple[str, ...]
    value: Any

    @property
    def say(self) -> Callable[[Any], str]:
        """What puts a choice into words."""
        words = CHOICE_WORDS.get(self.option, {})
        return lambda choice: words.get(choice, str(choice))


def show_reading(kind: str) -> None:
    """Show how the file of a form is read, and the pickers that change it."""
    file: TargetFile = session().target_files[kind]
    preview, fault = file.preview, file.outcome[1]
    if preview.question is not None:
        with st.container(border=True):
            st.warning(f"{escape_markdown(file.name)}: {escape_markdown(fault, limit=600)}", icon=":material/help:")
            show_pickers(kind, file)
        return
    if fault:
        said = f"{escape_markdown(file.name)} could not be read: {escape_markdown(fault, limit=600)}"
        st.error(said, icon=":material/error:")
    if preview.columns:
        line = (
            "Change how it is read"
            if preview.read is None
            else describe_reading(preview.read, n_columns=len(preview.columns))
        )
        with st.expander(escape_markdown(line, limit=160)):
            show_pickers(kind, file)


def describe_reading(read: ReadSpectrum, *, n_columns: int) -> str:
    """Return in a line what a file of so many columns was read as."""
    count = f"{len(read.levels_ev)} levels" if read.levels_ev is not None else f"{len(read.spectrum.density):,} points"
    columns = [read.reading.intensity_column, read.reading.energy_column] if n_columns > 1 else []
    named = " against ".join(str(column) for column in columns if column)
    return f"Read as {count}, {read.axis} energies in {read.x_unit}" + (f": {named}" if named else "")


def show_pickers(kind: str, file: TargetFile) -> None:
    """Show the choices, the open one first, and the first rows."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        pickers = pickers_of(file)
        for picker in pickers:
            show_picker(kind, file, picker)
        if file.is_changed:
            st.button("Reset", key="reading_reset", help="Take every choice back.", on_click=reset, args=(kind,))
    preview = file.preview
    names = column_names(preview)
    roles = {p.value: p.option.removesuffix("_column") for p in pickers if p.option.endswith("_column")}
    heads = [f"{roles[name]}: {name}" if name in roles else name for name in names]
    st.dataframe(
        pd.DataFrame(preview.rows[:N_SHOWN_ROWS], columns=heads),
        hide_index=True,
        placeholder=ABSENT,
        key="reading_rows",
    )


def show_picker(kind: str, file: TargetFile, picker: Picker) -> None:
    """Show one choice; a change reads the file anew."""
    option = picker.option
    key = f"reading_{option}_{file.version}"  # anew for each reading: its guess is the widget's first value
    shared: dict[str, Any] = {
        "key": key,
        "help": HELP.get(option),
        "on_change": read_as_chosen,
        "args": (kind, picker, key, file.version),
    }
    if option in NUMBER_OPTIONS and not picker.choices:
        st.number_input(LABELS[option], value=picker.value, format="%.3f", step=0.1, width=WIDTH_PX, **shared)
        return
    index = picker.choices.index(picker.value) if picker.value in picker.choices else None
    st.selectbox(
        LABELS[option],
        picker.choices,
        index=index,
        format_func=picker.say,
        placeholder=placeholder_of(file, option),
        width=WIDE_PX if option == SHOWS else WIDTH_PX,
        **shared,
    )


def read_as_chosen(kind: str, picker: Picker, key: str, version: int) -> None:
    """Read the file anew as chosen.

    Where runs follow each other quickly, the browser may tell of a picker as new what it was shown with, even of a reading that
    is no more: that is no choice.
    """
    value, files = st.session_state[key], session().target_files
    if value is None or value == picker.value or kind not in files or files[kind].version != version:
        return
    files[kind] = files[kind].with_choice(picker.option, float(value) if picker.option in NUMBER_OPTIONS else value)


def reset(kind: str) -> None:
    """Read the file as the reader has it."""
    files = session().target_files
    files[kind] = files[kind].as_guessed()


def placeholder_of(file: TargetFile, option: str) -> str:
    """Return what stands where nothing is chosen."""
    if is_asked(file, option):
        return "choose"
    return "as guessed" if file.preview.read is None else "none"


def is_asked(file: TargetFile, option: str) -> bool:
    """Return whether this is what the reader asks for."""
    return file.preview.question is not None and file.preview.question.option == option


def column_names(preview: SpectrumPreview) -> list[str]:
    """Return what SpectrumOptions takes for each column: its name, or its number where another is called so too."""
    names = [column.name for column in preview.columns]
    folded = [name.casefold() for name in names]
    return [name if folded.count(name.casefold()) == 1 else str(k) for k, name in enumerate(names, start=1)]


def pickers_of(file: TargetFile) -> list[Picker]:
    """Return the choices that a file has at present, the open one first."""
    preview, proposed = file.preview, file.preview.proposed
    names = tuple(column_names(preview))
    roles = {column.role: name for column, name in zip(preview.columns, names, strict=True)}
    told = preview.regions if len(set(preview.regions)) == len(preview.regions) else ()
    regions = told or tuple(str(k + 1) for k in range(len(preview.regions)))
    offered: dict[str, tuple[tuple[str, ...], Any]] = {}
    if len(regions) > 1:
        offered["region"] = regions, proposed.region
    if len(names) > 1:
        offered["energy_column"] = names, proposed.energy_column or roles.get("energy")
        offered["intensity_column"] = names, proposed.intensity_column or roles.get("intensity")
    is_kinetic = proposed.axis == "kinetic" or is_asked(file, "photon_energy_ev")
    offered["axis"] = AXES, "kinetic" if is_kinetic else proposed.axis
    if is_kinetic:
        offered["photon_energy_ev"] = (), proposed.photon_energy_ev
    offered["unit"] = tuple(AXIS_UNITS_EV), proposed.unit
    offered["reference"] = REFERENCES, proposed.reference
    if proposed.reference in ("fermi", "homo") or is_asked(file, "zero_ev"):
        offered["zero_ev"] = (), proposed.zero_ev
    if proposed.decimal is not None:
        offered["decimal"] = (".", ","), proposed.decimal
    target = file.outcome[0]
    if target is not None:
        holdings = (AS_MEASURED, VALENCE) if target.levels_ev is not None else (AS_MEASURED, VALENCE, BAND)
        offered[SHOWS] = holdings, file.shows or (AS_MEASURED if target.is_measured else VALENCE)
    if preview.question is not None:
        asked = preview.question.option
        choices = offered.pop(asked, ((), None))[0]
        offered = {asked: (preview.question.choices or choices, None)} | offered
    return [Picker(option, choices, value) for option, (choices, value) in offered.items()]
