"""Targets that the user named: found among the tests of the base, or refused with what was probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping, Sequence

from reasoncli.domain import Target, TestResult
from reasoncli.errors import UsageError
from reasoncli.verification.outcomes import holds

_WHY = "named by the user"


def requested_targets(
    names: Sequence[str],
    results: Mapping[str, TestResult],
    guards: Collection[str],
    why: Mapping[str, str],
    unsteady: Collection[str],
) -> tuple[Target, ...]:
    """The tests meant by `--target` values: an id, an id's unambiguous end, or a class, module or parametrized test.

    A name that holds several tests means those of them that fail at the base.

    Args:
        names: as the user gave them.
        results: of the base run.
        guards: tests that pass.
        why: what makes a test flaky or order-dependent.
        unsteady: the tests that are set aside for it.

    Raises:
        UsageError: no such test; it passes at the base; it is flaky or depends on the order.
    """
    found: dict[str, Target] = {}
    for name in names:
        for test in _resolve(name, results, guards, why, unsteady):
            found[test] = Target(test, _WHY if test == name else f"{_WHY}, as {name}")
    return tuple(found.values())


def _resolve(
    name: str,
    results: Mapping[str, TestResult],
    guards: Collection[str],
    why: Mapping[str, str],
    unsteady: Collection[str],
) -> Sequence[str]:
    meant = [test for test in results if holds(name, test)] or _by_ending(name, results)
    if not meant:
        close = difflib.get_close_matches(name, results, n=3, cutoff=0.5)
        raise UsageError(
            f"no test at the base is called {name}",
            hint=f"did you mean {' or '.join(close)}?"
            if close
            else "`--target` takes a test id as the runner prints it",
        )
    failing = [test for test in meant if not results[test].outcome.ok and test not in unsteady]
    if failing:
        return failing
    shaky = next((test for test in meant if test in unsteady), None)
    if shaky is not None:
        raise UsageError(
            f"{shaky} is unsteady at the base: {why.get(shaky, 'it passed once and failed once')}",
            hint="a test that fails by chance or by its order can't tell whether a patch works; name another one",
        )
    state = "passes" if meant[0] in guards else f"is {results[meant[0]].outcome}"
    raise UsageError(
        f"{meant[0]} {state} at the base, so it can't tell whether a patch works",
        hint="a target must fail before the fix; leave --target away to have the failing tests found",
    )


def _by_ending(name: str, results: Mapping[str, TestResult]) -> list[str]:
    """Tests whose id ends in the name at a boundary, when that is one test, or one test's parameters."""
    endings = ("/" + name, "::" + name, "." + name)
    found = [test for test in results if test.endswith(endings) or test.partition("[")[0].endswith(endings)]
    return found if len({test.partition("[")[0] for test in found}) == 1 else []
