"""Data: sets of molecules and representations."""
