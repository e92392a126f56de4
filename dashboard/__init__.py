"""The pages. They format and arrange; every number comes from core."""
