"""Total charge and spin as people and programs write them beside coordinates: `charge=2`, `q: -1`, `0 3`, `uhf=2`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from core.errors import DomainError, InputError

CHARGE_KEYS = (
    "charge",
    "q",
    "chg",
    "chrg",
    "totalcharge",
    "netcharge",
    "molecularcharge",
    "formalcharge",
    "systemcharge",
    "qtot",
    "molcharge",
    "totcharge",
    "chargestate",
    "netq",
    "totalq",
)
MULTIPLICITY_KEYS = ("multiplicity", "mult", "spinmultiplicity", "spinmult", "totalspin", "spin", "multip", "spinstate")
UNPAIRED_KEYS = (
    "uhf",
    "unpaired",
    "nunpaired",
    "unpairedelectrons",
    "numunpaired",
    "nopen",
    "2s",
    "magmom",
    "totalmagmom",
    "magneticmoment",
    "magmoms",
    "totalmagnetization",
    "nunpairedelectrons",
)
_NUMBER = r"(?P<value>[-+]?\d+(?:\.\d*)?[-+]?)(?![\w.])"
_TOLD = (
    (
        "charge",
        re.compile(rf"(?:charge(?:\s+state)?|chrg|chg)[\"']?\s*(?:[:=]|\bof\b|\bis\b)?\s*{_NUMBER}", re.IGNORECASE),
    ),
    ("charge", re.compile(rf"(?<![A-Za-z])q\s*[:=]\s*{_NUMBER}", re.IGNORECASE)),
    (
        "multiplicity",
        re.compile(rf"(?:multiplicity|mult|spin)[\"']?\s*(?:[:=]|\bof\b|\bis\b)?\s*{_NUMBER}", re.IGNORECASE),
    ),
    ("uhf", re.compile(rf"(?:uhf|unpaired(?:\s+electrons)?)\s*[:=]?\s*{_NUMBER}", re.IGNORECASE)),
)
_WHOLE = re.compile(r"[-+]?\d[-+]?(?:\.0*)?")
_TWO = re.compile(r"\s*([-+]?\d)\s*[,\s]\s*(\d)\s*")
_WORDS = {"doublet": 2, "triplet": 3, "quartet": 4, "quintet": 5}


@dataclass(frozen=True)
class Electrons:
    """What an input says of a molecule's electrons.

    Attributes
    ----------
    charge : float or None
        Total charge [e]; None where nothing is said.
    multiplicity : float or None
        2S+1; None where nothing is said.
    """

    charge: float | None = None
    multiplicity: float | None = None


def read_electrons(pairs: Mapping[str, str], words: str = "", *, n_electrons: int | None = None) -> Electrons:
    """Return what the keys and the words of a comment line say.

    Parameters
    ----------
    pairs : mapping of str to str
        key=value, in any spelling of CHARGE_KEYS, MULTIPLICITY_KEYS and UNPAIRED_KEYS.
    words : str
        The rest of the comment: "charge 2", "Charge: -1", or charge and multiplicity alone, "0 1".
    n_electrons : int or None
        Of the neutral molecule: two bare numbers are charge and multiplicity only where the two go together.

    Raises
    ------
    InputError
        If a charge or spin is no number.
    """
    charge = multiplicity = None
    words = " ".join(words.split())
    said = {name: m["value"] for name, pattern in _TOLD if (m := pattern.search(words))}
    told = dict(pairs) | {
        name: value for name, value in said.items() if _WHOLE.fullmatch(value)
    }  # 0.4: a partial charge
    for name, value in told.items():
        key = plain_key(name)
        if key in CHARGE_KEYS:
            charge = number("charge", value)
        elif key in MULTIPLICITY_KEYS:
            spin = number(name, value)
            multiplicity = 1.0 if key in ("spin", "totalspin") and spin == 0 else spin  # as 2S or S, a singlet's
        elif key in UNPAIRED_KEYS:
            multiplicity = 1 + sum(abs(number(name, part)) for part in value.split()[:1_000])
    two = _TWO.fullmatch(words)
    if two and not pairs and n_electrons is not None and (n_electrons - int(two[1]) + int(two[2])) % 2 == 1:
        charge, multiplicity = float(two[1]), float(two[2])
    is_singlet = re.search(r"\bsinglet\b", words, re.IGNORECASE)
    for word, stated in _WORDS.items():
        if not is_singlet and re.search(rf"\b{word}\b", words, re.IGNORECASE):
            multiplicity = float(stated)
    return Electrons(charge, multiplicity)


def check_electrons(electrons: Electrons) -> None:
    """Raise DomainError for an ion or an open shell."""
    if electrons.charge:
        raise DomainError(f"total charge must be 0, found {electrons.charge:+g}")
    if electrons.multiplicity is not None and abs(electrons.multiplicity - 1) > 0.1:
        raise DomainError(f"closed shells only, found multiplicity {electrons.multiplicity:g}")


def check_columns(properties: Mapping[str, str]) -> None:
    """Raise DomainError where a column or data field of whole numbers says that a molecule is an ion or an open shell."""
    for name, value in properties.items():
        if plain_key(name) in (*CHARGE_KEYS, *MULTIPLICITY_KEYS) and _WHOLE.fullmatch(value.strip()):
            try:
                check_electrons(read_electrons({name: value}))
            except DomainError as error:
                raise DomainError(f"{error} under {name[:40]!r}") from error


def plain_key(name: str) -> str:
    """Return a name without case, blanks and signs, nor what stands in brackets behind it: a unit, a remark."""
    return re.sub(r"[^a-z0-9]", "", re.sub(r"(?<=\w)\s*[\[(].*", "", name).lower())


def number(name: str, text: str) -> float:
    """Return a number that may bear its sign behind it, "2+".

    Raises
    ------
    InputError
        If it is none.
    """
    text = text.strip().rstrip(",;")
    behind = re.fullmatch(r"(\d+)([-+])", text)
    try:
        return float(behind[2] + behind[1] if behind else text)
    except ValueError as error:
        raise InputError(f"{name} must be a number, got {text[:40]!r}") from error
