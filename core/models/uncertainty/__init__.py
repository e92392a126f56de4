"""The error to expect of a prediction, in three roles over any learner of levels.

An `estimator` makes a raw measure of uncertainty of what the learner has of a molecule, a `calibrator` turns that measure
into the expected RMSE of the band [eV], and an `evaluator` says how honest that expectation is.
"""
