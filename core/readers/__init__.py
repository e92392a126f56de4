"""Files in: structures and spectra. Every reader answers row by row and never raises for one bad row."""
