"""About: what the numbers are, and the session's file."""
