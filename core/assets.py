"""Where the files that come with the program lie: the checkout's `assets`, or the same files in an installed package."""

from importlib.util import find_spec
from pathlib import Path

from core.errors import InputError

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
CROSS_SECTIONS = ASSETS / "spectrum" / "yeh_lindau_1985.csv"
HAMILTONIAN = ASSETS / "hamiltonian"
MOTIFS = ASSETS / "structure" / "motifs.tsv"
GEOMETRY_NETWORKS = ASSETS / "geometry"
LIBRARIES = ASSETS / "libraries"
HOME_LIBRARY = LIBRARIES / "c7h10o2.parquet"
REFERENCE = ASSETS / "reference"
QM9_PBE = REFERENCE / "qm9_pbe.parquet"
BROAD_PBE = REFERENCE / "broad_pbe.parquet"
DRAWN_PBE = REFERENCE / "drawn_pbe.parquet"
TRAJECTORIES_PBE = REFERENCE / "trajectories_pbe.parquet"
LIBRARY_PBE = REFERENCE / "library_pbe.parquet"
CONFORMERS_PBE = REFERENCE / "conformers_pbe.parquet"
BROAD_B3LYP = REFERENCE / "broad_b3lyp.parquet"
QM9_CHEAPER = REFERENCE / "qm9_cheaper.parquet"
QM9_GFN2 = REFERENCE / "qm9_gfn2.parquet"
BROAD_GFN2 = REFERENCE / "broad_gfn2.parquet"
TEST_MOLECULES = REFERENCE / "test_qm9_molecules.txt"
RESERVED = REFERENCE / "reserved_qm9_indices.txt"
RESERVED_QM9_CONSTITUTIONS = REFERENCE / "reserved_qm9_constitutions.txt"
RESERVED_CONSTITUTIONS = REFERENCE / "reserved_constitutions.txt"


def check_labels_there(path: Path, *, option: str | None = None) -> None:
    """Raise InputError if this is one of the label files of `assets/reference` and is not there.

    Parameters
    ----------
    option : str or None
        Of the command line, by which another file is named; "" where there is none, None for that of its kind of label.
    """
    if path.parent != REFERENCE or path.exists():
        return
    if option is None:
        option = "--pretrain-labels" if path in (QM9_GFN2, BROAD_GFN2) else "--labels"
    by_option = f", or name another with {option}" if option else ""
    raise InputError(
        f"{path.name} is not there: labels are not part of the installed package. "
        f"Take the file from assets/reference of Eigenscope's repository to {REFERENCE}{by_option}"
    )
