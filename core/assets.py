"""Where the files that come with the program lie: the checkout's `assets`, or the same files in an installed package."""

from importlib.util import find_spec
from pathlib import Path

PACKAGE = "eigenscope_assets"  # the name under which a wheel carries what of `assets` the program needs


def find_assets() -> Path:
    """Return the folder of the program's files: that of the checkout, else that of the installed package."""
    checkout = Path(__file__).resolve().parents[1] / "assets"
    if checkout.is_dir():
        return checkout
    spec = find_spec(PACKAGE)
    folders = list(spec.submodule_search_locations or ()) if spec else []
    return Path(folders[0]) if folders else checkout


ASSETS = find_assets()
MODELS = ASSETS / "models"
COMPARISON = ASSETS / "comparison"
EXAMPLES = ASSETS / "examples"
LIBRARIES = ASSETS / "libraries"
HOME_LIBRARY = LIBRARIES / "c7h10o2.parquet"
REFERENCE = ASSETS / "reference"
QM9_PBE = REFERENCE / "qm9_pbe.parquet"
QM9_GFN2 = REFERENCE / "qm9_gfn2.parquet"
RESERVED = REFERENCE / "reserved_qm9_indices.txt"
RESERVED_CONSTITUTIONS = REFERENCE / "reserved_qm9_constitutions.txt"
