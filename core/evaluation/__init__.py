"""Learners side by side: what `eigenscope compare` measured, and what the pages show of it."""
