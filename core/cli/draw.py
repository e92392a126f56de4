"""draw: sets of molecules by a seeded recipe."""

from pathlib import Path
from typing import Annotated

import typer

from core.cli.choices import DrawnSet
from core.cli.common import exit_on_error, say
from core.errors import InputError


def draw(
    which: Annotated[
        DrawnSet,
        typer.Argument(
            metavar="|".join(DrawnSet),
            help="Larger molecules of 10 to 14 heavy atoms; amino acids and dipeptides; organic electronics.",
        ),
    ],
    out: Annotated[Path, typer.Option(help="SDF to write, with hydrogens and MMFF94 geometries.")],
) -> None:
    """Draw a set of molecules, for `eigenscope label --molecules FILE`."""
    from rdkit import Chem, RDLogger

    from core.campaigns.drawn_sets import DRAWN_SETS

    RDLogger.DisableLog("rdApp.*")  # type: ignore[attr-defined]
    with exit_on_error():
        try:
            writer = Chem.SDWriter(str(out))
        except OSError as error:
            raise InputError(f"{out} cannot be written: {error}") from error
        with writer:
            for mol in DRAWN_SETS[which]():
                writer.write(mol)
        say(f"{writer.NumMols()} geometries in {out}")
