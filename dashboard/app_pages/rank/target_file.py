"""A file, or typed text, that is to be the target: its reading, as guessed and as changed, and what came of it."""

from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import count
from typing import Any

from core.errors import EigenscopeError
from core.readers.spectra import DEFAULT_OPTIONS
from core.readers.spectrum_options import SpectrumOptions
from core.readers.spectrum_preview import SpectrumPreview, inspect_spectrum
from core.spectrum.levels import N_BAND
from core.spectrum.target import Target
from dashboard.resources import target_of_reading
from dashboard.state import BAND, VALENCE

AS_MEASURED = "measured"
SHOWS = "shows"  # the choice that is no option of the reader
HOLDINGS = {
    AS_MEASURED: "Ionisation energies, measured",
    VALENCE: "Kohn-Sham levels, all valence",
    BAND: f"Kohn-Sham levels, the {N_BAND} highest",
}
FORGOTTEN = {  # what was said of another region or column
    "region": ("energy_column", "intensity_column", "unit", "axis", "photon_energy_ev", "reference", "zero_ev"),
    "energy_column": ("unit", "axis", "photon_energy_ev", "reference", "zero_ev"),
    "reference": ("zero_ev",),
}
_versions = count()


@dataclass(frozen=True, eq=False)
class TargetFile:
    """A file or typed text as it is read at present; a change makes another one.

    Attributes
    ----------
    name, source : str
        As the user calls it, and where it comes from, in words.
    data : bytes
    options : SpectrumOptions
        What the user has said; the rest is the reader's guess.
    shows : key of HOLDINGS or ""
        What the user says that it holds; "" leaves it to the energies' kind.
    version : int
        Another for every reading.
    """

    name: str
    data: bytes
    source: str
    options: SpectrumOptions = DEFAULT_OPTIONS
    shows: str = ""
    version: int = field(default_factory=lambda: next(_versions))

    def with_choice(self, option: str, value: str | float | None) -> "TargetFile":
        """Return it read anew with one choice changed, a field of SpectrumOptions or SHOWS."""
        version = next(_versions)
        if option == SHOWS:
            return replace(self, shows=str(value), version=version)
        said: dict[str, Any] = dict.fromkeys(FORGOTTEN.get(option, ()))
        if option == "energy_column" and value == self.options.intensity_column:
            said["intensity_column"] = None
        return replace(self, options=replace(self.options, **{**said, option: value}), version=version)

    def as_guessed(self) -> "TargetFile":
        """Return it with every choice taken back."""
        return TargetFile(self.name, self.data, self.source)

    @property
    def is_changed(self) -> bool:
        """Whether the user has said anything of it."""
        return bool(self.shows) or self.options != DEFAULT_OPTIONS

    @cached_property
    def preview(self) -> SpectrumPreview:
        """What is known of it and what is open."""
        return inspect_spectrum(self.data, self.name, options=self.options)

    @cached_property
    def outcome(self) -> tuple[Target | None, str]:
        """The target, or why there is none."""
        preview = self.preview
        if preview.read is None:
            return None, preview.question.sentence if preview.question else preview.error
        try:
            target = target_of_reading(
                preview.read,
                source=self.source,
                n_levels=N_BAND if self.shows == BAND else None,
                is_measured=self.shows == AS_MEASURED if self.shows else None,
            )
        except EigenscopeError as error:
            return None, str(error)
        return target, ""
