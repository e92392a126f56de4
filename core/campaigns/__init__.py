"""Making labels: what to label, who does the work, and records that survive a kill."""
