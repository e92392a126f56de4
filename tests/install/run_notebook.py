"""Run a notebook's code cells in order, in one namespace: `python run_notebook.py NOTEBOOK`. No Jupyter is needed."""

import ast
import json
import sys
from pathlib import Path
from typing import Any


def run_notebook(path: Path) -> dict[str, Any]:
    """Run every code cell as Jupyter would, its last expression shown (here: its repr is taken); return the namespace."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    for number, cell in enumerate(json.loads(path.read_text(encoding="utf-8"))["cells"], start=1):
        if cell["cell_type"] != "code":
            continue
        tree = ast.parse("".join(cell["source"]), f"{path.name}, cell {number}")
        shown = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, f"{path.name}, cell {number}", "exec"), namespace)  # noqa: S102  # the notebook is ours
        if isinstance(shown, ast.Expr):
            repr(eval(compile(ast.Expression(shown.value), f"{path.name}, cell {number}", "eval"), namespace))  # noqa: S307
    return namespace


if __name__ == "__main__":
    run_notebook(Path(sys.argv[1]))
    print("notebook done")
