"""What can go wrong, as classes. A message names the thing, the rule and what was found."""


class EigenscopeError(ValueError):
    """Anything that a user can mend: the message is a sentence fit for the page."""


class InputError(EigenscopeError):
    """A file, row or string that cannot be read."""


class DomainError(EigenscopeError):
    """A readable molecule that the models do not cover; the answer is this refusal, never a number."""


class GeometryError(EigenscopeError):
    """A 3-D geometry that could not be made, or that no molecule can have."""


class ModelError(EigenscopeError):
    """A model that is unknown, incomplete or does not fit its own card."""
