"""Models: learners side by side."""
