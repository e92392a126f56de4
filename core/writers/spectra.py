"""Spectra out: CSV and JCAMP-DX."""

import re

import numpy as np

from core import __version__
from core.spectrum.broaden import Spectrum


def energy_column(energies_ev: np.ndarray, *, of_ionisation: bool) -> dict[str, np.ndarray]:
    """Return the energies (n,) [eV] of a table of spectra under their name; minus them where they are of ionisation."""
    return {"ionisation_energy_ev": -energies_ev} if of_ionisation else {"orbital_energy_ev": energies_ev}


def spectrum_to_csv(spectrum: Spectrum) -> bytes:
    """Return two columns, orbital energy [eV] and density [states/eV]."""
    lines = [f"{x:.6f},{y:.8g}" for x, y in zip(spectrum.energies_ev, spectrum.density, strict=True)]
    return ("orbital_energy_ev,density_states_per_ev\n" + "\n".join(lines) + "\n").encode()


def spectrum_to_jcamp(
    spectrum: Spectrum, *, title: str = "", of_electrons: bool = False, in_states: bool = True
) -> bytes:
    """Return JCAMP-DX 5.01 text; energies are orbital energies in eV, reading it back agrees to 1e-6 of the maximum.

    The height is the density of states, or that of photoelectrons, which has arbitrary units as anything that was scaled.
    An even grid is written as XYDATA (X++(Y..Y)), any other as XYPOINTS (XY..XY).

    Examples
    --------
    >>> text = spectrum_to_jcamp(Spectrum([-6.1, -6.0, -5.9], [0.0, 1.0, 0.0]), title="a line").decode()
    >>> text.splitlines()[0], text.splitlines()[-1]
    ('##TITLE=a line', '##END=')
    """
    x, y = spectrum.energies_ev, spectrum.density
    is_even = len(x) > 1 and np.allclose(np.diff(x), (x[-1] - x[0]) / (len(x) - 1), rtol=0, atol=1e-6)
    y_factor = (float(np.abs(y).max()) or 1.0) / 1e8
    ordinates = np.rint(y / y_factor).astype(np.int64)
    head = {
        "TITLE": _jcamp_text(title or spectrum.label) or "spectrum",
        "JCAMP-DX": f"5.01 $$ Eigenscope {__version__}",
        "DATA TYPE": "PHOTOELECTRON SPECTRUM" if of_electrons else "DENSITY OF STATES",
        "ORIGIN": "Eigenscope",
        "OWNER": "public domain",
        "$AXIS": "ORBITAL ENERGY",
        "XUNITS": "EV",
        "YUNITS": "STATES/EV" if in_states and not of_electrons else "ARBITRARY UNITS",
        "XFACTOR": "1",
        "YFACTOR": f"{y_factor:.12g}" if is_even else "1",
        "FIRSTX": f"{x[0]:.8f}",
        "LASTX": f"{x[-1]:.8f}",
        "FIRSTY": f"{y[0]:.8g}",
        "MAXY": f"{y.max():.8g}",
        "MINY": f"{y.min():.8g}",
        "NPOINTS": str(len(x)),
    }
    if is_even:
        head |= {"DELTAX": f"{(x[-1] - x[0]) / (len(x) - 1):.10f}", "XYDATA": "(X++(Y..Y))"}
        body = [f"{x[k]:.6f} " + " ".join(map(str, ordinates[k : k + 5])) for k in range(0, len(x), 5)]
    else:
        head |= {"XYPOINTS": "(XY..XY)"}
        body = [f"{a:.8f}, {b:.8g}" for a, b in zip(x, y, strict=True)]
    lines = [f"##{label}={value}" for label, value in head.items()] + body + ["##END="]
    return ("\r\n".join(lines) + "\r\n").encode("ascii")


def _jcamp_text(text: str) -> str:
    """Return one line of printable ASCII without JCAMP-DX's own marks, 80 characters at most."""
    return " ".join(re.sub(r"[^ -~]|#{2,}|\${2,}", " ", text).split())[:80]
