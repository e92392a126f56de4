"""Formats that are known, and not read: refused by name, with the way on."""

import re

from core.errors import InputError

N_SNIFFED = 200_000  # characters that are looked at for a format
SAVE_AS_XYZ = "save its geometry as XYZ, with all hydrogens"

# what is known, and not read; blanks are [ \t], since \s would go over empty lines again and again
OTHERS: dict[str, str] = {
    "an ORCA input with internal coordinates or its geometry in another file": (
        r"^[ \t]*\*[ \t]*(xyzfile|int|gzmt|internal|pdbfile)\b"
    ),
    "a Gaussian output": r"Entering (Gaussian System|Link 1)",
    "an ORCA output": r"\* O[ \t]+R[ \t]+C[ \t]+A \*",
    "a Gaussian formatted checkpoint": r"^Number of atoms[ \t]+I[ \t]+\d+",
    "a cube file": r"\A.*\n.*\n([ \t]*-?\d+([ \t]+-?\d+\.\d+){3}([ \t]+\d+)?[ \t]*\n){4}[ \t]*\d+([ \t]+-?\d+\.\d+){4}",
    "a Molden file": r"^[ \t]*\[Molden Format\]",
    "a Quantum ESPRESSO input, of a periodic cell": r"^[ \t]*ATOMIC_POSITIONS\b",
    "a GAMESS input": r"^ \$(CONTRL|DATA)\b",
    "a VASP POSCAR, of a periodic cell": r"\A.*\n[ \t]*\d+(\.\d*)?[ \t]*\n(([ \t]*-?\d+(\.\d*)?){3}[ \t]*\n){3}",
    "an MDL reaction file": r"^\$(RXN|RDFILE)\b",
    "a Z-matrix": (
        r"\A(.*\n)??[ \t]*[A-Z][a-z]?\d*[ \t]*\n[ \t]*[A-Z][a-z]?\d*[ \t]+1[ \t]+[\w.]+[ \t]*\n"
        r"[ \t]*[A-Z][a-z]?\d*[ \t]+[12][ \t]+[\w.]+[ \t]+[12]\b"
    ),
    "a DFTB+ geometry": r"\A[ \t]*\d+[ \t]+[CSFH][ \t]*\n([ \t]*[A-Z][a-z]?)+[ \t]*\n[ \t]*1[ \t]+\d+[ \t]+-?\d",
    "a CML file": r"\A(<\?xml.*\n)?[ \t]*<(cml|molecule)\b",
    "a JSON list": r"\A[ \t]*\[\s*\{",
    "a FASTA sequence": r"\A>.*\n[A-Z*]{5,}",
}


def check_other_formats(text: str) -> None:
    """Raise InputError if a text is of a format of OTHERS."""
    start = text[:N_SNIFFED].strip().replace("\r\n", "\n")
    for name, pattern in OTHERS.items():
        if re.search(pattern, start, re.MULTILINE):
            raise InputError(f"nothing was read: it is {name}; {SAVE_AS_XYZ}")
