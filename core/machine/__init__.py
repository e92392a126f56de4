"""The machine: cores, threads, and how long something takes."""
