"""Lines of a text file cut into regions: headings, and the lines of numbers beneath each."""

import re

from core.readers.decimal_marks import is_number

COMMENT = re.compile(r"^\s*(?:#|%|!|//|\*)")
RULE = re.compile(r"[\s\-=_~*+|#:.]*")
_SPLIT = re.compile(r"[\s;,]+")
_FIRST = frozenset("+-−–.0123456789")
_REGION = re.compile(
    r"region|energy|energie|spectrum|scan|curve|cycle|counts|intens|begin|title|group|name", re.IGNORECASE
)
FRONTIER = re.compile(r"^[\s\"']*S?(HOMO|LUMO)(?:\s?[-+−]\s?\d+)?[\"']*(?=[\s,;])", re.IGNORECASE)


def occupations_first(lines: list[str]) -> list[str]:
    """Put 2 and 0 for the names HOMO-3 and LUMO+1 of levels, and call their column so."""
    first = next(k for k, line in enumerate(lines) if FRONTIER.match(line))
    heads = [
        re.sub(r"^[^\s,;]+", "occupation", line) if k == first - 1 else line for k, line in enumerate(lines[:first])
    ]
    return heads + [FRONTIER.sub(lambda m: "2" if m[1].upper() == "HOMO" else "0", line) for line in lines[first:]]


def split_regions(lines: list[str]) -> list[tuple[list[str], list[str]]]:
    """Cut lines into (heading, body): a heading line that stands between numbers begins a region."""
    parts: list[tuple[list[str], list[str]]] = []
    heading: list[str] = []
    for line in lines:
        if not COMMENT.match(line) and _starts_with_number(line):
            if heading or not parts:
                parts.append((heading, []))
                heading = []
            parts[-1][1].append(line)
        else:
            heading.append(line)
    if heading and parts:  # below the last number
        parts[-1][1].extend(line for line in heading if not COMMENT.match(line))
    merged: list[tuple[list[str], list[str]]] = []
    carried: list[str] = []
    longest = max((len(body) for _, body in parts), default=0)
    for k, (head, body) in enumerate(parts):
        if (
            len(body) == 1
            and longest > 2
            and k + 1 < len(parts)
            and not RULE.fullmatch(parts[k + 1][0][0])
            and len(_SPLIT.split(body[0].strip())) != len(_SPLIT.split(parts[k + 1][1][0].strip()))
        ):
            carried += [*head, *body]  # a line of settings, such as "1  30.0  0.0" of a region
            continue
        head = [*carried, *head]
        carried = []
        is_new = not merged or any(COMMENT.match(line) or _REGION.search(line) for line in head)
        if is_new and (not merged or len(body) > 1):
            merged.append((head, list(body)))
        else:
            merged[-1][1].extend([*head, *body])
    return merged


def _starts_with_number(line: str) -> bool:
    start = line.lstrip("[(\"' \t")
    return start[:1] in _FIRST and is_number(re.split(r"[\s;,]", start, maxsplit=1)[0])


def shared_heading(header_text: str) -> str:
    """Return the lines of the first region's heading that hold for the whole file: what was measured with what light."""
    kept = [
        s
        for s in header_text.split("\n")
        if re.search(r"excitation|photon|\bhv\b|source|lamp|\bhe\b", s, re.IGNORECASE)
    ]
    return "\n".join(kept)
