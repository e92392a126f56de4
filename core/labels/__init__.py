"""Labels: molecules in 3-D with reference levels, whatever their source."""
