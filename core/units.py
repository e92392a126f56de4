"""Units: what one is in another. Inside, everything is in eV and Angstrom."""

HARTREE_EV = 27.211386245981  # CODATA 2022
BOHR_ANGSTROM = 0.529177210903  # CODATA 2018
KCAL_PER_MOL_EV = 0.0433641153087705  # CODATA 2018
EV_KJ_PER_MOL = 96.4853321233100  # CODATA 2018
COULOMB_EV_ANGSTROM = HARTREE_EV * BOHR_ANGSTROM  # repulsion of two electrons, times their distance
