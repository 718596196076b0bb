"""The summary that a test program prints at its end: how many tests passed, how many did not.

An exit status of 0 proves nothing: a patch that ends the process early has it, too. So what is known by its exit
status alone must also say, in words that its test program is known for, that tests ran and passed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_NUMBERED = re.compile(r"(\d+) (\w+)")

# Each line is read by the first that fits. Groups: p passed, f and e did not, s were skipped, all of them ran; one or
# bad is a word for one that did or didn't; more and words hold numbers beside words.
_LINES = tuple(
    re.compile(pattern)
    for pattern in (
        r"^Tests:? +(?=.*\b(?:passed|failed|total)\b)(?P<words>\d+ \w+.*)$",  # jest, vitest, Pest
        r"^(?P<p>\d+) passing\b",  # mocha
        r"^(?P<f>\d+) failing\b",
        r"^[#\u2139] pass +(?P<p>\d+)$",  # node:test, tape
        r"^[#\u2139] (?:fail|cancelled) +(?P<f>\d+)$",
        r"^(?:=+ )?(?=.* in [\d.]+ ?s)(?P<words>\d+ (?:passed|failed|error|skipped|deselected|xfailed|xpassed)\b.*)$",
        r"^Ran (?P<all>\d+) tests? in ",  # unittest
        r"^FAILED \((?P<more>(?:failures|errors)=.*)\)$",
        r"^test result: \w+\. (?P<p>\d+) passed; (?P<f>\d+) failed",  # cargo
        r"^Summary \[.*\] +\d+(?:/\d+)? tests? run: (?P<words>.*)$",  # cargo nextest
        r"^(?P<one>ok)\s+\S+\s+(?:\(cached\)|[\d.]+s)(?!.*\[no tests to run\])",  # go: a package
        r"^(?P<bad>FAIL)\s+\S+\s+(?:[\d.]+s|\[)",
        r"^(?:\[\w+\] +)?Tests run: (?P<all>\d+), Failures: (?P<f>\d+), Errors: (?P<e>\d+), Skipped: (?P<s>\d+)$",
        r"^OK \((?P<p>\d+) tests?\b",  # PHPUnit, JUnit 3 and 4
        r"^Tests: (?P<all>\d+), Assertions: \d+(?P<more>.*)\.$",
        r"^Tests run: (?P<all>\d+), +Failures: (?P<f>\d+)$",  # JUnit 4
        r"^(?P<all>\d+) (?:examples?|tests?|runs?|specs?|doctests?)(?:, \d+ \w+)*?, (?P<f>\d+) failures?"
        r"(?:, (?P<e>\d+) errors?)?\b",  # RSpec, minitest, ExUnit, Bats, Jasmine
        r"^\d+% tests passed, (?P<f>\d+) tests? failed out of (?P<all>\d+)$",  # ctest
        r"^(?:Passed|Failed)! +- Failed: +(?P<f>\d+), Passed: +(?P<p>\d+)",  # dotnet
        r"^ok \| (?P<p>\d+) passed .*\| (?P<f>\d+) failed",  # Deno
        r"^(?P<p>\d+) pass$",  # bun
        r"^(?P<f>\d+) fail$",
        r"^(?P<p>\d+) tests? passed$",  # AVA
        r"^(?P<f>\d+) tests? failed$",
        r"^Executed (?P<all>\d+) tests?, with (?P<f>\d+) failures?",  # XCTest
        r"^All (?P<p>\d+) tests? passed\.?$",  # Zig and others
        r"^Files=\d+, Tests=(?P<p>\d+),",  # Perl's prove
        r"^Result: (?P<bad>FAIL)$",
        r"^# PASS: +(?P<p>\d+)$",  # Automake
        r"^# (?:FAIL|ERROR|XPASS): +(?P<f>\d+)$",
        r"^[\d:.]+ \+(?P<p>\d+)(?: ~\d+)?: All tests passed!$",  # Dart
    )
)
_BAD = frozenset(("failed", "failure", "failures", "error", "errors", "broken", "exec"))


@dataclass(frozen=True, slots=True)
class Summary:
    """What the output says of the tests: how many passed, how many did not; a Go package counts as one."""

    passed: int
    failed: int

    @property
    def all(self) -> int:
        """Tests that ran."""
        return self.passed + self.failed


def read_summary(output: str, marker: str | None = None) -> Summary | None:
    """The sum of all summaries in an output; `None` if there is none.

    Args:
        output: of the test command.
        marker: a regular expression that stands for the known summaries. If its first group is a number, it is the
            number of tests that passed.
    """
    if marker is not None:
        return _marked(output, marker)
    found = list(_found(output))
    if not found:
        return None
    passed, failed = sum(each.passed for each in found), sum(each.failed for each in found)
    return Summary(max(0, passed), failed)


def _marked(output: str, marker: str) -> Summary | None:
    matches = list(re.finditer(marker, output, re.MULTILINE))
    if not matches:
        return None
    counts = [match[1] for match in matches if match.re.groups and match[1] and match[1].isdecimal()]
    return Summary(sum(map(int, counts)) if counts else len(matches), 0)


def _found(output: str) -> Iterator[Summary]:
    for raw in output.splitlines():
        line = _ANSI.sub("", raw).strip()[:300]
        for pattern in _LINES:
            match = pattern.match(line)
            if match:
                yield _counted(match)
                break


def _counted(match: re.Match[str]) -> Summary:
    groups = match.groupdict()
    words = groups.get("words")
    if words is not None:
        counts = [(int(number), word) for number, word in _NUMBERED.findall(words)]
        return Summary(
            sum(number for number, word in counts if word == "passed"),
            sum(number for number, word in counts if word in _BAD),
        )
    failed = sum(int(groups[name]) for name in ("f", "e") if groups.get(name))
    if groups.get("more"):
        failed += sum(int(number) for number in re.findall(r"(?:failures?|errors?)[:=] ?(\d+)", groups["more"], re.I))
    if groups.get("bad"):
        failed += 1
    if groups.get("all"):
        return Summary(int(groups["all"]) - failed - int(groups.get("s") or 0), failed)
    passed = groups.get("p", "1" if groups.get("one") else "0")
    return Summary(int(passed), failed)
