"""The error to expect of a prediction, of any learner."""
