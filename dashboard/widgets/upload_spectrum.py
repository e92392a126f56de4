"""What files of spectra may hold."""

from core.readers.spectra import SPECTRUM_EXTENSIONS

SPECTRUM_TYPES = list(SPECTRUM_EXTENSIONS)
SPECTRUM_HELP = (
    "Two columns (energy in eV, intensity) as CSV, TSV or xy; JCAMP-DX; or a list of levels in eV, one a line. "
    "Orbital energies are negative; binding energies are recognised: a curve of them "
    "is taken as measured and compared with estimated ionisation energies."
)
