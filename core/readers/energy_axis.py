"""What words say of an energy axis: its kind, unit, zero and the photon energy, in the languages that exports come in."""

import re
import unicodedata
from typing import Literal

from core.readers.spectrum_options import EnergyReference
from core.units import HARTREE_EV

Kind = Literal["binding", "orbital", "kinetic", "photon"]

# CODATA 2022: h c = 1.239841984e-4 eV cm; 1 eV = 96.48533212 kJ/mol; 1 kcal = 4.184 kJ
AXIS_UNITS_EV: dict[str, float] = {
    "eV": 1.0,
    "Hartree": HARTREE_EV,
    "meV": 1e-3,
    "keV": 1e3,
    "Rydberg": HARTREE_EV / 2,
    "1/cm": 1.239841984e-4,
    "kJ/mol": 1 / 96.48533212,
    "kcal/mol": 4.184 / 96.48533212,
}

# He I, He II: NIST ASD resonance lines; Al and Mg K alpha: Bearden 1967, doi 10.1103/RevModPhys.39.78
_LAMPS_EV = (
    (r"\bhe[\s\-]?ii\b(?!\w)|\bhe2\b", 40.814),
    (r"\bhe[\s\-]?i(?:[\s\-]?(?:alpha|α))?\b|\bhe1\b", 21.218),
    (r"\bne[\s\-]?i\b", 16.85),
    (r"\bal[\s\-]?k[\s\-]?(?:alpha|α|a)\b|\balk(?:α|a)", 1486.6),
    (r"\bmg[\s\-]?k[\s\-]?(?:alpha|α|a)\b|\bmgk(?:α|a)", 1253.6),
)

_KINDS: tuple[tuple[Kind, str], ...] = (
    (
        "kinetic",
        r"kinet|cinet|(?<![a-z])e[\s\-]?k(?:in)?(?![a-z])|(?<![a-z])kin\.?[\s\-]?(?:e\b|energ)"
        r"|(?<![a-z.])e?k\.?\s?e\.?(?![a-z])|electrons? energ|elektronenenerg"
        r"|动能|動能|運動エネルギー|운동|кинет",
    ),
    (
        "binding",
        r"bind|bond energ|(?<![a-z.])e?b\.?\s?e\.?(?![a-z])|(?<![a-z])e[\s\-]?b(?:in\w*)?(?![a-z])|ioni[sz]|ionenerg"
        r"|(?<![a-z.])i\.?\s?[pe]\.?(?![a-z])|liaison|enlace|ligac|legame|wiazan|结合能|結合能|結合エネルギー|束縛"
        r"|イオン化|电离|電離|결합|связи|иониз",
    ),
    (
        "orbital",
        r"orbital|eigenval|eigenw|eigenen|eigen energ|kohn|autoval|valeurs? propre|niveau|nivel|本征|固有値|軌道|轨道",
    ),
    (
        "photon",
        r"photon(?!elec)|foton(?!elec)|(?<![a-z])h[\s*·]?(?:v|ν|nu)(?![a-z])|光子|excitation|anregung|excitacion"
        r"|transition energ|absor|fluoresc|励起|激发",
    ),
)

# unit words of a name; a.u. alone may be the intensity's
_UNITS = (
    ("Hartree", r"hartree|\bha\b|\beh\b|energ\w*\W{0,3}(?:at\.?\s?u|a\.?u)\b|\[a\.?u\.?\](?=.*\bocc)|ハートリー"),
    ("meV", r"(?-i:\bmeV\b)|milli-?\s?electron"),
    ("keV", r"\bkev\b|kilo-?\s?electron"),
    ("Rydberg", r"\bry\b|rydberg"),
    ("eV", r"(?:\b|_)ev\b|e\s?lectr?on\s?-?\s?volt|elektronenvolt|電子ボルト|电子伏|電子伏"),
)
_NO_UNIT = (
    (
        r"cm\s*(?:\^|\*\*)?\s*-\s*1|1\s*/\s*cm|wave\s?number|wellenzahl|nombre d.onde|numero de onda|波数",
        "1/cm is a vibrational scale",
    ),
    (
        r"wave\s?length|wellenlange|longueur d.onde|longitud de onda|nanomet|micromet|\bnm\b|\bum\b|μm|波长|波長",
        "a wavelength is an excitation, not a level",
    ),
    (r"m/z|\bppm\b|hertz|\bhz\b|seconds|minutes|kelvin|2\s?theta|chemical shift", "it is no energy"),
    (r"(?-i:\bMeV\b|\bMEV\b)|kcal|\bkj\b|kj\W?mol", "only eV and Hartree are read"),
)
_RELATIVE = r"relativ|refer|respect|\bvs\b|\brel\b|w\.?r\.?t|zero|bezogen|above|below|aligned|=\s*0\b|minus|от\b|相对"
_FERMI = r"fermi|(?<![a-z])e[\s\-]?f\b|费米|フェルミ"
_HOMO = r"homo|valence band max|\be?\s?vbm\b"
_MINUS = r"(?<![a-z])(?:e|energ\w*|ε|eps)\s*-\s*"

_PHOTON_LABEL = re.compile(
    r"(?:excitation|anregungs?|photonen|photon|source|quellen|excitacion|light|lamp|foton\w*)[\s\-]*(?:energ\w*|line)?"
    r"|(?<![a-z])h[\s*·]?(?:v|ν|nu)(?![a-z])|光子能量|励起エネルギー|激发能",
)


def fold(text: str) -> str:
    """Return a text with accents, underscores, TeX, typographic minus signs and full-width letters made plain."""
    plain = unicodedata.normalize("NFKD", text)
    plain = "".join(c for c in plain if not unicodedata.combining(c) or "\u3099" <= c <= "\u309a")
    plain = unicodedata.normalize("NFC", plain)
    return re.sub(r"[{}$\\]", "", re.sub(r"[−–—‐‑]", "-", plain)).replace("_", " ")


def kinds_named(text: str) -> set[Kind]:
    """Return the kinds of energy that a text names."""
    folded = fold(text).lower()
    return {kind for kind, pattern in _KINDS if re.search(pattern, folded)}


def kind_stated(header: str) -> Kind | None:
    """Return what a line such as "Kinetic Energy Axis: no" or "Energy Scale=Kinetic" of a header states."""
    text = fold(header).lower()
    match = re.search(r"(kinetic|binding)[^\n:=]{0,30}[:=]\s*(yes|no|true|false|on|off|1|0|ja|nein)\b", text)
    if match:
        is_so = match[2] in ("yes", "true", "on", "1", "ja")
        return "kinetic" if (match[1] == "kinetic") == is_so else "binding"
    match = re.search(
        r"(?:energy|energie|x|abscissa)[\s\-]*(?:scale|axis|type|mode|skala|achse|units?|label)?\s*[:=]\s*[\"']?(kinetic|binding|kinet|bind)",
        text,
    )
    if match:
        return "kinetic" if match[1].startswith("kin") else "binding"
    return None


def unit_named(text: str) -> str | None:
    """Return the unit of energy that a text names, None where it names none or several."""
    folded = fold(text)
    found = {unit for unit, pattern in _UNITS if re.search(pattern, folded, re.IGNORECASE)}
    return found.pop() if len(found) == 1 else None


def why_no_energy(text: str) -> str:
    """Return why an axis of this name is no electron energy, "" where nothing says so."""
    folded = fold(text)
    return next((why for pattern, why in _NO_UNIT if re.search(pattern, folded, re.IGNORECASE)), "")


def zero_named(name: str, header: str) -> EnergyReference | None:
    """Return where the axis has its zero, when a column's name or a line above it says so: Fermi level or HOMO."""
    folded = fold(name).lower()
    lines = fold(header).lower().split("\n")
    for reference, pattern in (("fermi", _FERMI), ("homo", _HOMO)):
        if re.search(_MINUS + rf"(?:e?\s?)?\(?(?:{pattern}|mu\b)", folded):
            return reference  # type: ignore[return-value]
        if re.search(pattern, folded) and re.search(_RELATIVE, folded):
            return reference  # type: ignore[return-value]
        for line in lines:
            if re.search(pattern, line) and (re.search(_RELATIVE, line) or re.search(_MINUS + rf"(?:{pattern})", line)):
                return reference  # type: ignore[return-value]
    return None


def photon_energies(header: str) -> list[tuple[float, str]]:
    """Return the distinct photon energies [eV] that a header states, each with the words; lamps where no number is."""
    text = fold(header).lower()
    found: dict[float, str] = {}
    for match in _PHOTON_LABEL.finditer(text):
        value = re.match(r"[^\d\n\-]{0,14}(\d{1,5}(?:[.,]\d+)?)(?!\d)(?!\s*(?:nm|v\b|w\b|ma\b|%))", text[match.end() :])
        says_energy = re.search(r"energ|ν|v$|nu$|能量|エネルギー", match[0].strip())
        if value and (says_energy or re.match(r"\s*ev\b", text[match.end() + value.end() :])):
            number = float(value[1].replace(",", "."))
            if number > 5:
                found.setdefault(number, " ".join((match[0] + text[match.end() :][: value.end()]).split()))
    if not found:
        for pattern, energy in _LAMPS_EV:
            match = re.search(pattern, text)  # type: ignore[assignment]
            if match:
                found.setdefault(energy, match[0])
    return sorted(found.items())
