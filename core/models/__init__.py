"""Learners: a folder each, found by itself.

A folder of this package is a learner if it has two modules:

``learner``
    ``load(folder: Path, *, device: str | None) -> Learner``: what a trained learner's folder (card.json and its weights)
    is loaded with. See `core.models.protocol`.
``recipe``
    ``RECIPES: dict[str, Recipe]``: the learners that it can train, by key. See `core.models.fitting.recipe`.

The folder's name is the `kind` of its recipes and cards. Its network or kernel is its own business. Nothing else in the
program names a learner: adding one is adding its folder. Folders without these two modules (`direct`, `fitting`,
`uncertainty`) hold what learners share.
"""
