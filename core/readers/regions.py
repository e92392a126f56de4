"""Bytes to tables: which format a spectrum file has, its regions, and which of them is meant."""

import re

import numpy as np

from core.errors import InputError
from core.readers.columns import NumberTable, parse_tables
from core.readers.igor_text import is_igor_text, parse_igor
from core.readers.jcamp_dx import JcampBlock, parse_blocks, read_block
from core.readers.program_output import is_program_output, parse_output
from core.readers.records import clean_id
from core.readers.spectrum_options import AmbiguousError, SpectrumOptions, pick_named
from core.readers.text import check_file_size, decode_text
from core.readers.vamas_files import is_vamas, parse_vamas

VALENCE_EV = 60.0  # binding energies of valence levels lie below it
_OTHER_SPECTRA = r"INFRARED|RAMAN|NMR|MASS\s+SPEC|UV[/-]?VIS|CHROMATOGRAM|\bNIR\b|FLUORESC"
_OWN_SPECTRA = r"PHOTO-?\s?E|\bU?PES\b|\bUPS\b|\bXPS\b|ESCA|DENSITY OF STATES|LEVELS"

_STRUCTURES = (
    ("JSON", r"\A\s*[{\[]\s*[\"{]"),
    ("HTML or XML", r"\A\s*<[!?\w]"),
    ("a MOL or SDF structure", r"^M  END|V[23]000\s*$"),
    ("a MOL2 structure", r"^@<TRIPOS>"),
    ("a PDB structure", r"^(?:ATOM  |HETATM)\s*\d"),
    ("an XYZ structure", r"\A\s*\d+\s*\n[^\n]*\n\s*[A-Z][a-z]?\s+(?:[-+]?\d+\.?\d*(?:[eE][-+]?\d+)?\s*){3}"),
    ("a list of atoms", r"\A(?:[^\n]*\n){0,12}(?:\s*[A-Z][a-z]?(?:\s+[-+]?\d+\.\d+){3}\s*\n?){2}"),
)
_SAYS = r"^TITLE$|ENERGY|PHOTON|EXCITATION|SOURCE$|LAMP|^\$HV$|AXIS"  # JCAMP labels that may tell of axis and light


def read_regions(data: bytes, *, options: SpectrumOptions) -> list[NumberTable]:
    """Return what a file holds as tables of numbers, one for each region, block or wave.

    Raises
    ------
    InputError
        If it is empty, binary, or holds no table of numbers.
    """
    check_file_size(data)
    text = decode_text(data)
    if re.search(r"^\s*##\s*(TITLE|JCAMP-?\s?DX)\s*=", text[:5_000], re.IGNORECASE | re.MULTILINE):
        return _jcamp_tables(text)
    if is_vamas(text):
        return parse_vamas(text)
    if is_igor_text(text):
        return parse_igor(text)
    if is_program_output(text):
        return [parse_output(text)]
    _check_no_structure(text)
    return parse_tables(text, decimal=options.decimal)


def _check_no_structure(text: str) -> None:
    """Raise InputError for a file of coordinates, whose columns of numbers are no spectrum."""
    for what, words in _STRUCTURES:
        if re.search(words, text[:20_000], re.MULTILINE):
            raise InputError(f"a spectrum or a list of levels is needed, the file is {what}")


def pick_region(tables: list[NumberTable], options: SpectrumOptions, notes: list[str]) -> NumberTable:
    """Return the region that is chosen, or the only one with valence energies; which was taken is noted.

    Raises
    ------
    AmbiguousError
        If several regions would do.
    InputError
        If the chosen one is not there.
    """
    names = [table.name or str(k + 1) for k, table in enumerate(tables)]
    if options.region is not None:
        return tables[pick_named(options.region, names, what="region")]
    if len(tables) == 1:
        return tables[0]
    good = [k for k, table in enumerate(tables) if _has_valence(table)]
    listed = ", ".join(f"{k + 1} {name}" for k, name in enumerate(names))
    if len(good) != 1:
        are_told_apart = len({name.casefold() for name in names}) == len(names)
        raise AmbiguousError(
            f"the file holds {len(tables)} regions: {listed[:400]}; choose the region",
            option="region",
            choices=tuple(names) if are_told_apart else tuple(str(k + 1) for k in range(len(names))),
        )
    notes.append(f"of {len(tables)} regions ({listed[:200]}) the one with valence energies is read: {names[good[0]]}")
    return tables[good[0]]


def _has_valence(table: NumberTable) -> bool:
    x = np.abs(table.values[:, 0])
    return bool(len(x) > 1 and np.nanmin(x) < VALENCE_EV)


def _jcamp_tables(text: str) -> list[NumberTable]:
    """Return the photoelectron blocks of a JCAMP-DX file, else those whose type is not another's.

    Raises
    ------
    InputError
        If no block has data, or all are of another kind of spectrum.
    """
    blocks = [block for block in parse_blocks(text) if block.table]
    if not blocks:
        raise InputError("nothing was read: the JCAMP-DX file has no XYDATA, XYPOINTS or PEAK TABLE")
    types = [block.labels.get("DATATYPE", "") for block in blocks]
    own = [b for b, kind in zip(blocks, types, strict=True) if re.search(_OWN_SPECTRA, kind, re.IGNORECASE)]
    possible = [b for b, kind in zip(blocks, types, strict=True) if not re.search(_OTHER_SPECTRA, kind, re.IGNORECASE)]
    chosen = own or possible
    if not chosen:
        raise InputError(f"the spectrum must be of electron energies, got DATA TYPE {clean_id(types[0])!r}")
    left = len(blocks) - len(chosen)
    note = (f"{left} of {len(blocks)} blocks are of other spectra and were left out",) if left else ()
    return [_jcamp_table(block, note) for block in chosen]


def _jcamp_table(block: JcampBlock, notes: tuple[str, ...]) -> NumberTable:
    labels = block.labels
    x, y = read_block(block)
    title = clean_id(labels.get("TITLE", "").split("\n")[0])
    name = " ".join(filter(None, (labels.get(k, "") for k in ("XUNITS", "XLABEL", "$AXIS")))) or "x"
    told = [f"{key}: {value}" for key, value in labels.items() if re.search(_SAYS, key)]
    header_text = "\n".join(line.replace("ENERGY", " ENERGY", 1) for line in told)
    is_list = block.table == "PEAKTABLE"
    if is_list:
        notes = (*notes, "the peaks of the table are taken as levels, their heights are not used")
    values = x[:, None] if is_list else np.stack([x, y], axis=1)
    y_name = f"{labels.get('YUNITS', '')} {labels.get('YLABEL', '')}".strip()
    header = [name] if is_list else [name, y_name or "intensity"]
    return NumberTable(values, header, header_text, notes, is_list=is_list, name=title)
