"""What a reference calculation costs, and which molecules are too large for the dashboard's queue."""

import math

from core.errors import DomainError
from core.reference.result import MAX_FUNCTIONS
from core.structure.domain import ENGINE_DOMAIN, check_geometry
from core.structure.geometry import Geometry

# seconds = FIXED_S + SCALE_S * (basis functions / 100)^POWER: least squares of log seconds over the processor time of
# 15 molecules, H2O (22 functions, 0.04 s) to C25H44 (538, 19 s), on one core of an Intel Xeon; all within a third of it
FIXED_S, SCALE_S, POWER = 0.04, 0.27, 2.44
# Of one process: 4.5 measured for C27H46 (605 functions), beyond which the fitted integrals lie in a file. With it C33H35FN2O5
# (808) takes 7.5 GB and 71 s; they grow with the third power
MAX_MEMORY_GB = 5.0
STORED_GB, STORED_FUNCTIONS = 7.5, 808


def estimate_seconds(n_functions: int) -> float:
    """Return the seconds [s] that a molecule of so many basis functions takes on one core."""
    return FIXED_S + SCALE_S * math.pow(n_functions / 100, POWER)


def check_calculable(geometry: Geometry, *, slowness: float = 1.0) -> int:
    """Return how many basis functions a molecule has; raise unless the engine can be asked about it.

    Parameters
    ----------
    slowness : float
        Seconds that this machine takes for an estimated one.

    Raises
    ------
    DomainError
        More than MAX_FUNCTIONS basis functions (with the time and memory it would take), other elements, open shell.
    GeometryError
        No atoms, non-finite coordinates, or two atoms nearer than MIN_DISTANCE.
    """
    check_geometry(geometry, ENGINE_DOMAIN)
    try:
        from core.reference.dft import count_functions
    except ImportError as error:
        raise DomainError(f"references are computed with PySCF, which cannot be loaded here: {error}") from error
    n_functions = count_functions(geometry)
    if n_functions > MAX_FUNCTIONS:
        seconds = slowness * estimate_seconds(n_functions)
        stored_gb = STORED_GB * (n_functions / STORED_FUNCTIONS) ** 3
        time = f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
        raise DomainError(
            f"molecules of at most {MAX_FUNCTIONS} basis functions are computed here, {geometry.formula} has {n_functions} "
            f"and would take about {time} and {stored_gb:.0f} GB of memory and disk on one core"
        )
    return n_functions
