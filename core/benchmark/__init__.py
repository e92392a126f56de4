"""What `make benchmark` measures on this machine: screening, and the reference engine."""

from enum import StrEnum


class Part(StrEnum):
    """Which part to measure."""

    SCREENING = "screening"
    ENGINE = "engine"
    ALL = "all"
