"""Tables, structures and spectra out, as bytes that a browser or the command line saves: what is written reads back."""
