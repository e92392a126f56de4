"""What a worker does with one job: a record of its levels, by level of theory.

Engines are imported by who needs them: PySCF is not part of every installation.
"""

import numpy as np

from core.campaigns.crew import Labeller
from core.campaigns.jobs import LabelJob, place_job
from core.campaigns.records import PBE
from core.errors import DomainError
from core.json_lines import Record
from core.labels.splits import NOT_QM9, load_reserved
from core.structure.geometry import Geometry

G0W0 = "g0w0"  # the key of `core.theory.QUASIPARTICLE_THEORY`


def label_job(job: LabelJob) -> Record:
    """Return the record of one molecule: levels [eV], populations in 255ths, positions [Angstrom].

    Raises
    ------
    DomainError
        If the molecule is reserved, or outside the engine's domain.
    GeometryError
        If no molecule can have this geometry.
    """
    from core.reference.dft import reference_levels

    check_not_reserved(job)
    geometry, kind = place_job(job)
    reference = reference_levels(geometry)
    return identity(job, geometry, kind) | {
        "n_core": reference.n_core,
        "n_occ": reference.n_occupied,
        "levels": np.round(reference.levels_ev, 4).tolist(),
        "pop": np.round(reference.population * 255).astype(int).tolist(),
        "pop_s": np.round(reference.population_s * 255).astype(int).tolist(),
        "e_tot": round(reference.total_energy_ha, 6),
        "converged": reference.converged,
        "cycles": reference.n_cycles,
        "seconds": round(reference.seconds, 3),
        "solver": reference.solver,
    }


def label_quasiparticles(job: LabelJob) -> Record:
    """Return the record of one molecule's ionisation energies, as levels [eV], and of what they were computed from.

    Raises
    ------
    DomainError, GeometryError
        As `label_job`.
    EigenscopeError
        If the engine fails, with its reason.
    """
    from core.reference.quasiparticle import quasiparticle_levels

    check_not_reserved(job)
    geometry, kind = place_job(job)
    found = quasiparticle_levels(geometry)
    return identity(job, geometry, kind) | {
        "theory": G0W0,
        "n_core": 0,
        "n_occ": len(found.overlap),
        "levels": np.round(found.levels_ev, 4).tolist(),
        "mean_field": np.round(found.mean_field_ev, 4).tolist(),
        "reference": np.round(found.reference_ev, 4).tolist(),
        "overlap": np.round(np.clip(found.overlap, 0, 1) * 255).astype(int).tolist(),
        "converged": True,
        "seconds": round(found.seconds, 3),
    }


LABELLERS: dict[str, Labeller] = {PBE: label_job, G0W0: label_quasiparticles}


def identity(job: LabelJob, geometry: Geometry, kind: str) -> Record:
    """Return the first part of a record: which molecule, and at which geometry, [Angstrom]."""
    return {
        "id": job.id,
        "index": job.qm9_index,
        "split": job.split,
        "geometry": kind,
        "smiles": job.smiles,
        "symbols": " ".join(geometry.symbols),
        "positions": np.round(geometry.positions, 5).tolist(),
    }


def check_not_reserved(job: LabelJob) -> None:
    """Raise DomainError if the job's molecule is kept aside for acceptance."""
    if job.qm9_index != NOT_QM9 and job.qm9_index in load_reserved():
        raise DomainError(f"reserved molecules are never labelled, got QM9 index {job.qm9_index}")
