"""One molecule: what it is, where its atoms are, and the one road from the first to the second."""
