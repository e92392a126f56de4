"""draw, draw-broad, draw-smallest, draw-catenated, draw-ionisation, draw-trajectories: sets of molecules by a seeded recipe."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.cli.choices import DrawnSet
from core.cli.common import exit_on_error, say
from core.errors import InputError
from core.json_lines import Record

if TYPE_CHECKING:
    import pandas as pd

    from core.campaigns.broad_set import BroadMolecule
    from core.structure.geometry import Geometry


def draw(
    which: Annotated[
        DrawnSet,
        typer.Argument(
            metavar="|".join(DrawnSet),
            help="Larger molecules of 10 to 14 heavy atoms; amino acids and dipeptides; organic electronics; homologous series.",
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


def draw_broad(
    out: Annotated[Path, typer.Option(help="Parquet to write: id, smiles, motif, geometry, numbers, positions.")],
    molecules: Annotated[int, typer.Option("--n", min=1, help="How many molecules are drawn.")] = 1000,
    start: Annotated[int, typer.Option(min=0, help="How many of the order are passed over.")] = 0,
    heavy_atoms: Annotated[
        tuple[int, int] | None, typer.Option(metavar="FEWEST MOST", help="Pass over molecules of other sizes.")
    ] = None,
    holding: Annotated[
        list[str] | None,
        typer.Option(metavar="SMARTS", help="Pass over molecules without it; repeated, without any of them."),
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Molecules at a time; one a core when left out.")] = None,
    doubted: Annotated[
        int | None,
        typer.Option(
            min=1, metavar="N", help="Keep those N of which the tight-binding network expects the largest errors."
        ),
    ] = None,
) -> None:
    """Draw molecules of every group and motif, up to 30 heavy atoms, in 3-D, for `eigenscope label --molecules FILE`."""
    from rdkit import RDLogger

    from core.campaigns import broad_set
    from core.screening.filters import parse_smarts

    RDLogger.DisableLog("rdApp.*")  # type: ignore[attr-defined]
    with exit_on_error():
        patterns = tuple(parse_smarts(smarts) for smarts in holding or ())
        wanted = broad_set.WantedMolecules(heavy_atoms or broad_set.EVERY_SIZE, patterns)
        drawn = broad_set.draw_broad(molecules, start=start, wanted=wanted, n_workers=workers)
        rows = collect_drawn(drawn, n_expected=molecules)
        if doubted is not None:
            rows = broad_set.most_doubted(rows, doubted)
        write_drawn(rows, out)
    say(f"{len(rows)} geometries of {molecules} molecules in {out}")


def draw_smallest(
    out: Annotated[Path, typer.Option(help="Parquet to write: id, smiles, motif, geometry, numbers, positions.")],
    workers: Annotated[int | None, typer.Option(min=1, help="Molecules at a time; one a core when left out.")] = None,
) -> None:
    """Draw every molecule of up to three heavy atoms, some of four and five, in 3-D, for `eigenscope label --molecules FILE`."""
    from rdkit import RDLogger

    from core.campaigns.broad_set import place_all
    from core.campaigns.smallest_set import smallest_molecules

    RDLogger.DisableLog("rdApp.*")  # type: ignore[attr-defined]
    with exit_on_error():
        drawn = list(smallest_molecules())
        rows = collect_drawn(place_all(drawn, n_workers=workers), n_expected=len(drawn))
        write_drawn(rows, out)
    say(f"{len(rows)} geometries in {out}; {len(drawn) - len(rows)} molecules without one")


def draw_catenated(
    out: Annotated[Path, typer.Option(help="Parquet to write: id, smiles, motif, geometry, numbers, positions.")],
    molecules: Annotated[int, typer.Option("--n", min=1, help="How many molecules are drawn.")] = 475,
    workers: Annotated[int | None, typer.Option(min=1, help="Molecules at a time; one a core when left out.")] = None,
) -> None:
    """Draw chains and rings of like atoms (S8, trisilanes), in 3-D, for `eigenscope label --molecules FILE`."""
    from itertools import islice

    from rdkit import RDLogger

    from core.campaigns.broad_set import place_all
    from core.campaigns.catenated_set import catenated_molecules

    RDLogger.DisableLog("rdApp.*")  # type: ignore[attr-defined]
    with exit_on_error():
        drawn = list(islice(catenated_molecules(), molecules))
        rows = collect_drawn(place_all(drawn, n_workers=workers), n_expected=molecules)
        write_drawn(rows, out)
    say(f"{len(rows)} geometries of {molecules} molecules in {out}")


def collect_drawn(drawn: "Iterable[tuple[BroadMolecule, Geometry]]", *, n_expected: int) -> list[Record]:
    """Return the molecules with their geometries as rows of a file, counting on a bar."""
    import numpy as np

    from core.cli.bars import rate_bar

    rows: list[Record] = []
    with rate_bar("molecules") as progress:
        for molecule, geometry in drawn:
            rows.append(
                {"id": molecule.id, "smiles": molecule.smiles, "motif": molecule.motif, "geometry": geometry.origin}
                | {"numbers": geometry.numbers, "positions": geometry.positions.astype(np.float32).ravel()}
            )
            progress(len(rows), n_expected)
    return rows


def write_drawn(drawn: "pd.DataFrame | list[Record]", out: Path) -> None:
    """Write the rows of a drawn set as Parquet."""
    import pandas as pd

    from core.files import whole_file

    with whole_file(out) as draft:
        pd.DataFrame(drawn).to_parquet(draft, compression="zstd", index=False)


def draw_ionisation(
    out: Annotated[Path, typer.Option(help="Parquet to write: id, smiles, split, numbers, positions.")],
) -> None:
    """Draw the molecules whose ionisation energies the shipped maps learn, for `eigenscope label --level-of-theory g0w0`."""
    from core.campaigns.quasiparticle_set import draw_quasiparticle_set

    with exit_on_error():
        table = draw_quasiparticle_set()
        write_drawn(table, out)
    say(f"{len(table)} geometries in {out}, {int((table['split'] == 'test').sum())} of them for testing")


def draw_trajectories(
    out: Annotated[Path, typer.Option(help="Parquet to write: id, smiles, split, geometry, numbers, positions.")],
    molecules: Annotated[int, typer.Option("--n", min=3, help="How many molecules are drawn.")] = 30,
    to_train: Annotated[bool, typer.Option("--to-train", help="Of the training parts, not the test parts.")] = False,
) -> None:
    """Draw frames of molecular dynamics at 300 K of molecules of the test parts, for `eigenscope label --molecules FILE`."""
    import pandas as pd
    from rdkit import RDLogger

    from core.campaigns.thermal_set import draw_thermal_set
    from core.cli.bars import rate_bar
    from core.labels.splits import TEST, TRAIN

    RDLogger.DisableLog("rdApp.*")  # type: ignore[attr-defined]
    with exit_on_error(), rate_bar("molecules") as progress:
        table = pd.DataFrame(draw_thermal_set(molecules, part=TRAIN if to_train else TEST, progress=progress))
        write_drawn(table, out)
    say(f"{len(table)} geometries of {molecules} molecules in {out}")
