"""Deep tensor network on elements and distances."""
