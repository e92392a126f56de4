"""A user's own level of theory: a learner from a few dozen labels, how good it is, and which molecules to label next."""
