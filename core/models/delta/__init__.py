"""From one level of theory to another: each level corrected by what a network knows of it. Learns from a few dozen labels."""
