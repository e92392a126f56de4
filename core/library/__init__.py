"""Candidate libraries: build them from any structures, load them, say what they are."""

from core.assets import HOME_LIBRARY, LIBRARIES
from core.library.build import BuildResult, build_library
from core.library.candidate import Recipe
from core.library.descriptors import DESCRIPTORS
from core.library.groups import GROUPS
from core.library.sources import HOME_RECIPE
from core.library.store import REQUIRED, SCHEMA, find_libraries, library_info, load_library, save_library

__all__ = [
    "DESCRIPTORS",
    "GROUPS",
    "HOME_LIBRARY",
    "HOME_RECIPE",
    "LIBRARIES",
    "REQUIRED",
    "SCHEMA",
    "BuildResult",
    "Recipe",
    "build_library",
    "find_libraries",
    "library_info",
    "load_library",
    "save_library",
]
