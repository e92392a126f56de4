"""Lists of energies as people type them, "IE: 9.62, 10.4, 11.6 eV": the numbers alone, and the words about them."""

import re

MAX_TYPED = 20_000  # characters; longer text is a file's, whose columns have headers
_UNIT = re.compile(
    r"(?<=[\d.,)\]])[ \t]*((?:k|m)?eV|E?h|Ha(?:rtrees?)?|a\.u\.|Ry(?:dberg)?|kJ/mol|kcal/mol|1/cm|cm-1)(?=$|[\s,;)\]])",
    re.IGNORECASE | re.MULTILINE,
)
_NUMBERS = re.compile(r"[-+\u2212\u2013\d.,;eE\s]*\d[-+\u2212\u2013\d.,;eE\s]*")
_ONE = re.compile(r"[-+\u2212\u2013]?\d*(?:[.,]\d*)?(?:[eE][-+]?\d+)?")
_TYPED = re.compile(r"\s*(?P<name>(?:[^\W\d][^\n:=\d]{0,60}[:=])?)(?P<numbers>.*)", re.DOTALL)


def split_typed(text: str) -> tuple[str, str]:
    """Return the words of a typed list, its name and unit, and its numbers in one line; ("", text) else.

    The unit may stand behind each number, or once behind the last. Lines are of one list where each holds one number, or
    each but the last ends in a comma or semicolon; others are columns, and no business of this.
    """
    match = _TYPED.fullmatch(text) if len(text) <= MAX_TYPED else None
    if match is None:
        return "", text
    apart = [part.strip(" \t,;\n") for part in _UNIT.split(match["numbers"])[::2]]
    if len(apart) > 2 and not apart[-1] and all(re.fullmatch(r"[-+\u2212]?\d+,\d+", part) for part in apart[:-1]):
        match = (
            _TYPED.fullmatch(f"{match['name']} {'; '.join(apart[:-1])} {_UNIT.findall(match['numbers'])[0]}") or match
        )
    units = [unit.casefold() for unit in _UNIT.findall(match["numbers"])]
    numbers = _UNIT.sub(" ", re.sub(r"[\[\]()]", " ", match["numbers"]))
    if len(set(units)) > 1 or not (units or match["name"]) or not _NUMBERS.fullmatch(numbers):
        return "", text
    lines = [line.strip() for line in numbers.splitlines() if line.strip()]
    if not all(line[-1] in ",;" for line in lines[:-1]) and not all(map(_ONE.fullmatch, lines)):
        return "", text
    first = _UNIT.search(match["numbers"])
    return f"{match['name']} {first[1] if first else ''}".strip(), " ".join(lines)
