"""A folder a page: `page.py` is the entry, the rest are its panels; no page imports another."""
