"""Check with DFT: references of predicted molecules, computed beside the page and laid beside the predictions."""
