"""The flagship: a network that writes a molecule's Hamiltonian, which is diagonalised."""
