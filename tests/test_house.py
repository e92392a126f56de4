"""The house's rules that no linter knows: lengths, names, tests of modules, import circles."""

import ast
from collections import Counter, defaultdict
from functools import lru_cache
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).resolve().parents[1]
FILES = [*sorted((ROOT / "core").rglob("*.py")), *sorted((ROOT / "dashboard").rglob("*.py")), ROOT / "eigenscope.py"]
TESTS = sorted((ROOT / "tests").rglob("*.py"))
MAX_LINES = 60  # of a function, its docstring and options included

# What a written contract makes each module of its kind define
CONTRACTS = {
    "core.models": {"load", "RECIPES", "SETTINGS", "ARCHITECTURE"},  # a learner's folder: see `core.models`
    "core.labels.archives": {"GEOMETRY", "NOTES", "PROVENANCE"},  # what `Archive` wants to know of a format
}
ENTRY_POINTS = {"main"}  # of a process


@lru_cache
def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def functions(tree: ast.Module) -> list[ast.FunctionDef]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


def defined_names(tree: ast.Module) -> set[str]:
    """Return the public names of functions, classes and values at module level; imports define nothing."""
    names: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            stored = [n for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)]
            names |= {n.id for n in stored if isinstance(n.ctx, ast.Store)}
    return {name for name in names if not name.startswith("_")}


def is_contracted(name: str, module: str) -> bool:
    """Return whether a contract, or being a command of the command line or a process, gives the name."""
    by_contract = any(module.startswith(f"{home}.") and name in names for home, names in CONTRACTS.items())
    return by_contract or name in ENTRY_POINTS or (module.startswith("core.cli") and name.islower())


def clashes(paths: list[Path]) -> dict[str, list[str]]:
    homes: defaultdict[str, list[str]] = defaultdict(list)
    for path in paths:
        module = module_name(path)
        for name in defined_names(parse(path)):
            if not is_contracted(name, module):
                homes[name].append(module)
    return {name: modules for name, modules in homes.items() if len(modules) > 1}


def named_in(tests: list[Path]) -> set[str]:
    """Return the modules that tests import or name; `package.*` in a test's docstring names what it holds."""
    names: set[str] = set()
    for path in tests:
        for node in ast.walk(parse(path)):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
        words = (ast.get_docstring(parse(path)) or "").split("`")[1::2]
        names |= {word for word in words if word.startswith(("core.", "dashboard."))}
    return names


def untested(paths: list[Path], tests: list[Path]) -> list[str]:
    """Return modules without a test file of their name that no test imports or names."""
    names, files = named_in(tests), {path.name for path in tests}
    missing = []
    for path in paths:
        module = module_name(path)
        is_named = module in names or f"{module.rpartition('.')[0]}.*" in names
        if path.name != "__init__.py" and f"test_{path.name}" not in files and not is_named:
            missing.append(module)
    return missing


def find_circles(imports: dict[str, set[str]]) -> list[list[str]]:
    """Return the circles that a walk along the imports runs into."""
    circles: list[list[str]] = []
    finished: set[str] = set()

    def walk(module: str, way: list[str]) -> None:
        if module in way:
            circles.append([*way[way.index(module) :], module])
        elif module not in finished:
            for imported in sorted(imports.get(module, ())):
                walk(imported, [*way, module])
            finished.add(module)

    for module in sorted(imports):
        walk(module, [])
    return circles


def imports_between_modules() -> dict[str, set[str]]:
    """Return what each module imports at module level or within functions, types' imports left out."""
    graph = grimp.build_graph("core", "dashboard", exclude_type_checking_imports=True, cache_dir=None)
    return {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}


@pytest.mark.parametrize("path", FILES, ids=module_name)
def test_no_function_is_longer_than_a_screen(path):
    lengths = {f.name: f.end_lineno - f.lineno + 1 for f in functions(parse(path))}
    assert {name: n for name, n in lengths.items() if n > MAX_LINES} == {}


def test_a_name_has_one_meaning():
    assert clashes(FILES) == {}


def test_every_module_is_tested():
    assert untested(FILES, TESTS) == []


def test_a_test_that_names_a_module_names_one_that_there_is():
    modules = {module_name(path) for path in FILES}
    folders = {f"{module.rpartition('.')[0]}.*" for module in modules}
    named = {name for path in TESTS for name in named_in([path]) if name.endswith(".*")}
    assert named <= folders


def test_imports_run_in_no_circle():
    assert find_circles(imports_between_modules()) == []


def test_a_circle_is_found():
    assert find_circles({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == [["b", "c", "b"]]


def test_test_files_have_names_of_their_own() -> None:
    """pytest imports each by its name alone."""
    names = Counter(path.name for path in (ROOT / "tests").rglob("test_*.py"))
    assert [name for name, n in names.items() if n > 1] == []
