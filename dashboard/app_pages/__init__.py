"""One file a page: input, one call, figures, provenance line."""
