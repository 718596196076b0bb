"""pyproject.toml names what the package imports: no more, no less."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions

from tests.packaging.conftest import CHECKOUT

NOT_IMPORTED = {
    "pytest",  # runs the tests of the packaged example where there is no engine
}


def normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def imported() -> set[str]:
    """Distributions of all third-party modules that the package imports, wherever in a file."""
    modules: set[str] = set()
    for path in (CHECKOUT / "reasoncli").rglob("*.py"):
        if path.is_relative_to(CHECKOUT / "reasoncli" / "demo"):
            continue
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Import):
                modules |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                modules.add(node.module.partition(".")[0])
    distributions = packages_distributions()
    third_party = modules - set(sys.stdlib_module_names) - {"reasoncli", "_typeshed"}
    return {normalized(name) for module in third_party for name in distributions.get(module, [module])}


OPTIONAL = {"ray"}  # extras of the package itself, imported only where somebody wants them


def test_declared_dependencies_are_the_imported_ones() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    extras = [each for extra in OPTIONAL for each in project["optional-dependencies"][extra]]
    declared = {normalized(re.split(r"[^\w.-]", each)[0]) for each in (*project["dependencies"], *extras)}
    assert declared - NOT_IMPORTED == imported() - NOT_IMPORTED
