"""The Workbench page: your own labels, what they teach, and which to make next."""
