"""Which column is what: by the header's words first, then by content; where two would do, the user chooses."""

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.errors import InputError
from core.readers.column_content import (
    are_levels,
    are_occupations,
    counts_down,
    counts_up,
    find_pair,
    goes_on,
    is_list_in_rows,
    is_ordered,
    is_whole,
)
from core.readers.columns import NumberTable
from core.readers.energy_axis import fold, kinds_named, unit_named
from core.readers.spectrum_options import AmbiguousError, SpectrumOptions, pick_named

Role = Literal["energy", "intensity", "index", "occupation", "spin up", "spin down", "other", ""]

_INDEX = re.compile(
    r"\W*(level|index|no|number|n|i|nr|idx|orbital|mo|state|band|peak|line|point|punkt|num|id|k|zustand|nummer)?\W*"
)
_OTHER = (
    r"error|\bstd\b|\bsd\b|\bsem\b|deviat|±|\+/-|\bdeg\b|multiplicit|number of states|uncert|\bfit\b|background|envelope|residu"
    r"|\brefs?\b|referenc|\byear\b|\bjahr\b|\bunc\b|unsich|\b[fh]whm\b|\bwidth|breite|\bpole|spectroscopic factor"
    r"|untergrund|\btime\b|zeit|degener|symmetr|irrep|transmission"
)
_OCCUPATION = (
    r"^(?:number of |no\.? of |# ?)?electrons?$|\bocc|besetz|beleg|n\W{0,2}el(?:ectrons?)?\b|\bfilling|ocupac|占有|占据"
    r"|\bfermi occ"
)
_INTENSITY = (
    r"intens|count|\bcps\b|c/s|signal|density|states|\bp?dos\b|yield|ausbeute|absorb|(?<!wellen)zahl|cuentas|comptes|conteggi"
    r"|カウント|強度|强度|计数|計数|norm|\brate\b|impuls|ampl"
)
_ENERGY = r"energ|エネルギー|能量|(?<![a-z])e(?![a-z])|\bev\b|hartree|\beh\b|eps\b|ε|energia"
_UP = r"(?<![a-z])(?:up|alpha|majority|spin\s?1|spin\s?\+)(?![a-z])|↑|α"
_DOWN = r"(?<![a-z])(?:down|dn|dw|beta|minority|spin\s?2|spin\s?-)(?![a-z])|↓|β"


@dataclass(frozen=True, eq=False)
class PickedColumns:
    """Which columns are the energies and the intensities; `y` is None for a list of levels.

    Attributes
    ----------
    x : (n_rows,) float64
    y : (n_rows,) float64, or None
    occupations : (n_rows,) float64, or None
    index : (n_rows,) float64, or None
        Where the levels are numbered.
    name : str
        Of the energy column, "" where it has none.
    energy_column, intensity_column : str
        Name or number, as SpectrumOptions takes it; "" where there is none.
    unit : str or None
        Where content alone shows it.
    notes : tuple of str
    """

    x: np.ndarray
    y: np.ndarray | None
    occupations: np.ndarray | None
    index: np.ndarray | None
    name: str
    energy_column: str
    intensity_column: str
    unit: str | None
    notes: tuple[str, ...]


def role_of_name(name: str) -> Role:
    """Return what a column's name says that it holds, "" where it says nothing."""
    text = fold(name).lower().strip()
    if not text:
        return ""
    if _INDEX.fullmatch(text) and "±" not in text:
        return "index"
    if re.search(_OCCUPATION, text):
        return "occupation"
    if re.search(_OTHER, text):
        return "other"
    is_intensity = bool(re.search(_INTENSITY, text))
    if re.search(_UP, text) and not re.search(r"energ|\bev\b", text):
        return "spin up"
    if re.search(_DOWN, text) and not re.search(r"energ|\bev\b", text):
        return "spin down"
    if is_intensity:
        return "intensity"
    return "energy" if kinds_named(name) or re.search(_ENERGY, text) else ""


def find_roles(table: NumberTable) -> list[Role]:
    """Return the role of each column, "" where neither name nor content shows it."""
    roles = [role_of_name(name) for name in table.names]
    width = table.values.shape[1]
    for k in range(width):
        column = table.values[:, k]
        if (
            roles[k] == "index"
            and not counts_up(column)
            and not counts_down(column)
            and not (width > 2 and is_whole(column))
        ):
            roles[k] = ""
        if roles[k] == "index" and k > 0 and len(table.names[k].strip()) == 1:
            roles[k] = ""  # "I" behind the energies is the intensity
        if roles[k]:
            continue
        if np.isnan(column).all() and (width > 2 or (width > 1 and len(table.names[k].strip()) > 1)):
            roles[k] = "other"  # words, such as symmetries
            continue
        if (
            k == 0
            and width > 1
            and counts_up(column)
            and (width > 2 or are_levels(table.values[:, 1]) or roles[1] == "energy")
        ):
            roles[k] = "index"
        elif width > 1 and are_occupations(column) and _has_levels_beside(table, k):
            roles[k] = "occupation"
    if not table.header and width == 3 and roles == ["", "", ""]:
        up, down = table.values[:, 1], table.values[:, 2]
        if (up >= 0).all() and (down <= 0).all() and up.any() and down.any():
            return ["", "spin up", "spin down"]
    return roles


def _has_levels_beside(table: NumberTable, k: int) -> bool:
    """Whether the columns beside one that may be of occupations are such as levels have."""
    width = table.values.shape[1]
    if not table.header and width > 2:
        return True
    return any(are_levels(table.values[:, other]) for other in range(width) if other != k)


def pick_columns(table: NumberTable, options: SpectrumOptions) -> PickedColumns:
    """Return the energies and the intensities, as chosen, as named or as the content shows.

    Raises
    ------
    InputError
        If a chosen column is not there.
    AmbiguousError
        If two columns would do.
    """
    names, width, notes = table.names, table.values.shape[1], list[str]()
    if width > 1 and not table.header and options.energy_column is None:
        if is_list_in_rows(table.values):
            notes.append(f"{width} numbers a line are read as one list of levels")
            return _levels(
                table.values[np.isfinite(table.values)], None, None, name="", column="", unit=None, notes=notes
            )
        if width == 2 and options.intensity_column is None and goes_on(table.values):
            raise AmbiguousError(
                "2 numbers a line that rise from line to line may be levels or a curve: write one level a line, or choose "
                "the intensity column",
                option="intensity_column",
                choices=("2",),
            )
        if (
            width > 1
            and (table.values[np.isfinite(table.values)] < 0).all()
            and not find_pair(table.values, list(range(width)))
        ):
            roles_of = find_roles(table)
            if "index" not in roles_of and "occupation" not in roles_of:
                raise AmbiguousError(
                    f"{width} columns of negative numbers are no energies with intensities: choose the energy column",
                    option="energy_column",
                    choices=tuple(str(k + 1) for k in range(width)),
                )
    roles = find_roles(table)
    pair = find_pair(table.values, [k for k, role in enumerate(roles) if role in ("", "energy")])
    x, unit = _pick_energy(table, roles, pair, options=options, notes=notes)
    name, column = names[x], names[x] or str(x + 1)
    occupied = next((k for k, role in enumerate(roles) if role == "occupation" and k != x), None)
    counted = next((k for k, role in enumerate(roles) if role == "index" and k != x), None)
    chosen_y = options.intensity_column
    candidates = [k for k in range(width) if k != x and roles[k] in ("", "intensity", "spin up", "spin down")]
    if pair:
        candidates = [k for k in candidates if k not in pair]
    if chosen_y is None and (occupied is not None or not candidates):
        index = None if counted is None else table.values[:, counted]
        occupations = None if occupied is None else table.values[:, occupied]
        if counted is not None and occupations is None:
            notes.append(f"column {counted + 1} counts the levels, column {x + 1} is read as their energies")
        left = [k for k in range(width) if k not in {x, occupied, counted, *(pair or ())}]
        if left:
            notes.append(f"columns left out: {', '.join(names[k] or str(k + 1) for k in left)[:100]}")
        return _levels(table.values[:, x], occupations, index, name=name, column=column, unit=unit, notes=notes)
    y, y_column = _pick_intensity(table, roles, candidates, x=x, chosen=chosen_y, notes=notes)
    return PickedColumns(table.values[:, x], y, None, None, name, column, y_column, unit, tuple(notes))


def _levels(
    x: np.ndarray,
    occupations: np.ndarray | None,
    index: np.ndarray | None,
    *,
    name: str,
    column: str,
    unit: str | None,
    notes: list[str],
) -> PickedColumns:
    return PickedColumns(x, None, occupations, index, name, column, "", unit, tuple(notes))


def _pick_energy(
    table: NumberTable,
    roles: list[Role],
    pair: tuple[int, int] | None,
    *,
    options: SpectrumOptions,
    notes: list[str],
) -> tuple[int, str | None]:
    """Return the energy column and its unit where a second column of the same energies shows it."""
    names, width = table.names, table.values.shape[1]
    if options.energy_column is not None:
        x = pick_named(options.energy_column, names, what="energy column")
        return x, ("Hartree", "eV")[pair.index(x)] if pair and x in pair else None
    if width == 1:
        return 0, None
    if pair:
        other = pair[0]
        notes.append(f"columns {other + 1} and {pair[1] + 1} are the same energies in Hartree and eV: the eV are read")
        return pair[1], "eV"
    named = [k for k, role in enumerate(roles) if role == "energy"]
    if len(named) > 1:
        named = _prefer(named, names, notes, wants_kinetic=options.axis == "kinetic")
    if len(named) > 1:
        raise AmbiguousError(
            f"columns {', '.join(f'{k + 1} ({names[k]})' for k in named)} are energies: choose the energy column",
            option="energy_column",
            choices=tuple(names[k] for k in named),
        )
    if named:
        return named[0], None
    free = [k for k, role in enumerate(roles) if role == ""]
    if not free:
        raise InputError(f"no column reads as energies: {', '.join(names)[:200]}")
    if "occupation" in roles and len(free) > 1:
        raise AmbiguousError(
            f"columns {', '.join(str(k + 1) for k in free)} may be the energies of the levels: choose the energy column",
            option="energy_column",
            choices=tuple(names[k] or str(k + 1) for k in free),
        )
    return _first_free(table, free, notes), None


def _first_free(table: NumberTable, free: list[int], notes: list[str]) -> int:
    """Return the first column that no name and no content tells the role of: energies stand in front."""
    rising = [k for k in free if is_ordered(table.values[:, k])]
    if not table.header and free[0] not in rising and len(rising) == 1:
        raise AmbiguousError(
            f"column {rising[0] + 1} goes on from line to line, column {free[0] + 1} does not: choose the energy column",
            option="energy_column",
            choices=tuple(str(k + 1) for k in free),
        )
    if table.header and len(free) > 1:
        notes.append(
            f"no column is called energy: column {free[0] + 1} ({table.names[free[0]]}) is read as the energies"
        )
    return free[0]


def _prefer(named: list[int], names: list[str], notes: list[str], *, wants_kinetic: bool) -> list[int]:
    """Keep the columns that serve best: no kinetic energies where others are, eV before other units."""
    kinds = {k: kinds_named(names[k]) for k in named}
    for unwanted in ("photon", "binding") if wants_kinetic else ("photon", "kinetic"):
        rest = [k for k in named if unwanted not in kinds[k]]
        if rest and len(rest) < len(named):
            left = next(k for k in named if k not in rest)
            notes.append(
                f"column {left + 1} ({names[left]}) is left out, column {rest[0] + 1} ({names[rest[0]]}) is read"
            )
            named = rest
    units = {k: unit_named(names[k]) for k in named}
    for unit in ("eV", "Hartree"):
        same = [k for k in named if units[k] == unit]
        if same and len(same) < len(named):
            notes.append(f"column {same[0] + 1} ({names[same[0]]}) is read among those of energies")
            return same
    told = [k for k in named if kinds[k]]
    return told if told and len(told) < len(named) else named


def _pick_intensity(
    table: NumberTable, roles: list[Role], candidates: list[int], *, x: int, chosen: str | int | None, notes: list[str]
) -> tuple[np.ndarray, str]:
    """Return the intensities, two spins summed, and their column."""
    names, values = table.names, table.values
    if chosen is not None:
        y = pick_named(chosen, names, what="intensity column")
        if y == x:
            raise InputError(f"the intensity column must be another than the energy column, got {chosen!r} for both")
        return values[:, y], names[y] or str(y + 1)
    spins = [k for k in candidates if roles[k] in ("spin up", "spin down")]
    if {roles[k] for k in spins} == {"spin up", "spin down"} and len(spins) == 2:
        notes.append(f"columns {spins[0] + 1} and {spins[1] + 1} are two spins: their absolute values are summed")
        return np.abs(values[:, spins]).sum(axis=1), ""
    good = [k for k in candidates if roles[k] == "intensity"]
    total = [k for k in good if re.search(r"\btot|\bsum|gesamt|summe|average|mean", fold(names[k]).lower())]
    if len(good) > 1 and len(total) == 1:
        notes.append(f"column {total[0] + 1} ({names[total[0]]}) is read of {len(good)} with intensities")
        return values[:, total[0]], names[total[0]]
    if len(spins) > 1 or len(good) > 1:
        many = spins if len(spins) > 1 else good
        raise AmbiguousError(
            f"columns {', '.join(f'{k + 1} ({names[k]})' for k in many)} are intensities: choose the intensity column",
            option="intensity_column",
            choices=tuple(names[k] for k in many),
        )
    behind = [k for k in candidates if k > x] or candidates
    y = (good or behind)[0]
    width = values.shape[1]
    if width > 2:
        notes.append(f"columns {x + 1} and {y + 1} are read, {width - 2} more left out")
    return values[:, y], names[y] or str(y + 1)
