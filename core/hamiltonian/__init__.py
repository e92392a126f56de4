"""Tight-binding Hamiltonians of periodic structures, found from reference bands (after Schattauer et al., npj Comput. Mater. 2022)."""
