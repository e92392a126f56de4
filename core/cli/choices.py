"""What options can be, by name.

Written out here and not taken from where each thing is done, which would load PyTorch before `--help` is shown; a test
holds both alike.
"""

from enum import StrEnum


class Format(StrEnum):
    """File formats of result tables."""

    PARQUET = "parquet"
    CSV = "csv"
    JSON = "json"
    SDF = "sdf"


class GeometryChoice(StrEnum):
    """How 2-D input gets its 3-D geometry: `core.structure.place.GEOMETRY_MODES`."""

    XTB = "xtb"
    FAST = "fast"
    AS_IS = "as-is"


class GeometryMethod(StrEnum):
    """Cheaper methods whose geometries are moved: `core.models.geometry.correction.FOLDERS`."""

    GFN2 = "gfn2"
    MMFF94 = "mmff94"


class ConformerChoice(StrEnum):
    """Whether 2-D input is averaged over its conformers: `core.structure.place.CONFORMER_MODES`."""

    AUTO = "auto"
    ENSEMBLE = "ensemble"
    THOROUGH = "thorough"
    ONE = "one"


class MetricKey(StrEnum):
    """How spectra are compared: `core.screening.comparison.METRICS`."""

    RSE = "rse"
    COSINE = "cosine"
    PEARSON = "pearson"
    WASSERSTEIN = "wasserstein"
    LEVELS = "levels"


class TargetKind(StrEnum):
    """What a file holds: ionisation energies as measured, or Kohn-Sham levels or their density."""

    MEASURED = "measured"
    DENSITY = "density"


class DrawnSet(StrEnum):
    """Sets of molecules by a seeded recipe: `core.campaigns.drawn_sets.SETS`."""

    LARGER = "larger"
    AA = "aa"
    OE = "oe"
    SERIES = "series"


class TheoryKey(StrEnum):
    """Levels of theory that molecules can be labelled at: `core.campaigns.labellers.LABELLERS`."""

    PBE = "pbe"
    G0W0 = "g0w0"


class Engine(StrEnum):
    """Where molecules are labelled."""

    LOCAL = "local"
    RAY = "ray"


class AxisKind(StrEnum):
    """What the energies of a spectrum file are."""

    BINDING = "binding"
    ORBITAL = "orbital"
    KINETIC = "kinetic"


class ZeroKind(StrEnum):
    """Where the energies of a spectrum file have their zero."""

    VACUUM = "vacuum"
    FERMI = "fermi"
    HOMO = "homo"


class DecimalMark(StrEnum):
    """How a spectrum file writes decimals."""

    POINT = "."
    COMMA = ","
