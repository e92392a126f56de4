"""The page Hamiltonian."""
