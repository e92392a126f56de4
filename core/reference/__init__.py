"""What "right" means: labelled data and where they come from."""
