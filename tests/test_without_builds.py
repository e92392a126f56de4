"""Where PySCF, tblite, fcntl and resource are missing, as on Windows, molecules are predicted and the pages load."""

import subprocess
import sys

WITHOUT = """
import sys

sys.modules |= dict.fromkeys(("pyscf", "tblite", "fcntl", "resource"))
import eigenscope

table = eigenscope.predict(["CCO"], geometry="fast")
print(table["status"][0])
print(eigenscope.predict(["CCO"])["reason"][0])
import core.cli
import dashboard.resources
import dashboard.widgets.dft_check.checks
from core.errors import DomainError
from core.reference.cost import check_calculable
from core.structure.geometry import Geometry

try:
    check_calculable(Geometry([1, 1], [[0, 0, 0], [0, 0, 0.74]]))
except DomainError as error:
    print(error)
"""


def test_what_is_missing_is_a_sentence_where_it_is_needed() -> None:
    run = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=True)
    status, no_xtb, no_engine = run.stdout.splitlines()
    assert status == "ok"
    assert "tblite, which cannot be loaded" in no_xtb
    assert "PySCF, which cannot be loaded" in no_engine
