"""What a page shows before a spectrum file is taken: its regions, columns and first rows, the guess, and what is open."""

import re
from dataclasses import dataclass

import numpy as np

from core.errors import InputError
from core.readers.column_roles import Role, find_roles
from core.readers.columns import NumberTable
from core.readers.records import clean_id
from core.readers.regions import pick_region, read_regions
from core.readers.spectra import DEFAULT_OPTIONS, ReadSpectrum, read_number_table
from core.readers.spectrum_options import AmbiguousError, SpectrumOptions

N_ROWS = 8


@dataclass(frozen=True)
class ColumnPreview:
    """A column as a picker shows it; `name` is what SpectrumOptions takes: the header's name, or the number from 1."""

    name: str
    role: Role


@dataclass(frozen=True)
class OpenQuestion:
    """What the user must choose: `option` is a field of SpectrumOptions, `choices` are empty for a number."""

    option: str
    sentence: str
    choices: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class SpectrumPreview:
    """A spectrum file as far as it can be read.

    Attributes
    ----------
    regions : tuple of str
        Names of its regions, blocks or waves; () where nothing could be read.
    columns : tuple of ColumnPreview
        Of the region that is shown.
    rows : (n, n_columns) float64
        The first N_ROWS rows.
    header_text : str
        What stands above the numbers.
    proposed : SpectrumOptions
        The options given, completed by what was taken: the pickers' first values.
    question : OpenQuestion or None
    error : str
        Why the file cannot be read with any choice, "" where it can.
    read : ReadSpectrum or None
        The result, where nothing is open.
    """

    regions: tuple[str, ...]
    columns: tuple[ColumnPreview, ...]
    rows: np.ndarray
    header_text: str
    proposed: SpectrumOptions
    question: OpenQuestion | None
    error: str
    read: ReadSpectrum | None


def inspect_spectrum(data: bytes, filename: str, *, options: SpectrumOptions = DEFAULT_OPTIONS) -> SpectrumPreview:
    """Return what is known of a spectrum file and what must still be chosen; never raises for its content."""
    tables: list[NumberTable] = []
    shown: NumberTable | None = None
    notes: list[str] = []
    read, question, error = None, None, ""
    try:
        tables = read_regions(data, options=options)
        shown = tables[0]
        shown = pick_region(tables, options, notes)
        label = clean_id(re.split(r"[/\\]", filename)[-1])
        read = read_number_table(shown, label=label, options=options, notes=notes)
    except AmbiguousError as asked:
        question = OpenQuestion(asked.option, str(asked), asked.choices)
    except InputError as refused:
        error = str(refused)
    names = [] if shown is None else [name or str(k + 1) for k, name in enumerate(shown.names)]
    roles = [] if shown is None else find_roles(shown)
    return SpectrumPreview(
        regions=tuple(table.name or str(k + 1) for k, table in enumerate(tables)),
        columns=tuple(ColumnPreview(name, role) for name, role in zip(names, roles, strict=True)),
        rows=np.empty((0, 0)) if shown is None else shown.values[:N_ROWS],
        header_text="" if shown is None else shown.header_text,
        proposed=options if read is None else read.reading,
        question=question,
        error=error,
        read=read,
    )
