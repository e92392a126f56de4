"""Tight-binding Hamiltonians of periodic structures, from reference bands (after Schattauer et al., npj Comput. Mater. 2022)."""
