"""What files of spectra may hold."""

from core.readers.spectra import SPECTRUM_EXTENSIONS

SPECTRUM_TYPES = list(SPECTRUM_EXTENSIONS)
SPECTRUM_HELP = (
    "Columns of text, JCAMP-DX, VAMAS or Igor text, the output of a quantum chemistry program, or a list of energies. "
    "Orbital energies are negative; binding and kinetic energies are recognised, taken as measured and compared with "
    "estimated ionisation energies."
)
