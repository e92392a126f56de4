"""What every training shares: the loop over epochs, and what a recipe is given and hands back."""
