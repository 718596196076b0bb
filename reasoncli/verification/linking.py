"""Which failing tests are the issue's: linked by name, by traceback, by coverage, or by failing like one that is.

Every link has a weight; a test whose weights sum to `THRESHOLD` is a target, and the strongest links are its
reason. The weights are set so that one strong link is enough (the test's own name, its error message, the function
the traceback ends in) and weak ones (words in common, running the named function among many others) must agree.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from reasoncli.domain import Issue, Target, TestReport, TestResult
from reasoncli.patches.policy import is_test_file
from reasoncli.python_source import Definition, definitions, parse

THRESHOLD = 0.5
_FEW = 8  # failing tests that are taken together when none of them can be linked
_WORD = re.compile(r"[A-Za-z][a-z]+|[A-Z]+(?![a-z])|[a-z]+")
_IDENTIFIER = re.compile(r"[A-Za-z_]\w*")
_CODE = re.compile(r"`+([^`]+)`+|\b([A-Za-z_]\w*)\s*\(|\b\w+\.([A-Za-z_]\w+)\b|\b([A-Za-z]\w*_\w+|[a-z]+[A-Z]\w*)\b")
_COMMON = frozenset(
    (  # noqa: SIM905 - one word list, readable as such
        "test tests testing case cases should when with without from into that this the and for not are has have can "
        "does issue error errors fail fails failed failing failure bug fix fixed wrong correct expected actual returns "
        "return raises raise value values none true false self class function method python file line code unit "
        "give gives get gets make makes was were but instead some all any use used using call called calls works work"
    ).split()
)
_ASKS_FOR_TESTS = re.compile(
    r"\b(?:fix|repair|make|get)\b.{0,40}\b(?:tests?|suite|build|ci)\b|\b(?:tests?|suite|build|ci)\b.{0,30}\b(?:fail|broken|red)",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Link:
    """One reason to take a failing test for the issue's: its weight, and the reason in words."""

    weight: float
    why: str


@dataclass(frozen=True, slots=True)
class Mentions:
    """What an issue's text speaks of.

    Attributes:
        text: the text with white space collapsed.
        code: identifiers that stand there as code: in backticks, called, dotted, or spelled like one.
        identifiers: every word that could be an identifier; names: those that could name something in particular.
        words: lower-case words, identifiers taken apart, without the ones that every issue has.
    """

    text: str
    code: frozenset[str]
    identifiers: frozenset[str]
    names: frozenset[str]
    words: frozenset[str]


@dataclass(frozen=True, slots=True)
class Named:
    """A function or class that the issue names: which tests run it, and what share of all tests they are."""

    name: str
    users: frozenset[str]
    share: float


def read_mentions(text: str) -> Mentions:
    """Take an issue's text apart."""
    code = {
        name
        for match in _CODE.finditer(text)
        for group in match.groups()
        if group
        for name in _IDENTIFIER.findall(group)
    }
    identifiers = frozenset(_IDENTIFIER.findall(text))
    return Mentions(
        text=" ".join(text.split()),
        code=_particular(code),
        identifiers=identifiers,
        names=_particular(identifiers),
        words=frozenset(_words(text)),
    )


def _particular(names: Iterable[str]) -> frozenset[str]:
    return frozenset(name for name in names if len(name) > 2 and name.lower() not in _COMMON)


def link_targets(
    failing: Sequence[TestResult],
    report: TestReport,
    issue: Issue,
    read: Callable[[str], bytes | None],
) -> tuple[Target, ...]:
    """The failing tests that the issue is about, strongest link first.

    When no link reaches the threshold, the failing tests are targets all the same if the issue asks for the tests to
    be fixed or if they are few: then failing at the base is what they have in common with it, and the reason says so.

    Args:
        failing: tests that failed in both baseline runs, for no environmental reason.
        report: the baseline run with coverage.
        issue: whose text is matched.
        read: path in the repository -> its bytes.
    """
    mentions = read_mentions(issue.text)
    named = _named_functions(mentions, report, read)
    links = {result.id: find_links(result, mentions, named) for result in failing}
    weights = {test: sum(link.weight for link in found) for test, found in links.items()}
    linked = {test for test, weight in weights.items() if weight >= THRESHOLD}
    if not linked:
        return _unlinked(failing, issue)
    places = {_place(result): result.id for result in failing if result.id in linked and _place(result)}
    targets = [Target(test, "; ".join(link.why for link in links[test][:2])) for test in linked]
    targets.extend(
        Target(result.id, f"fails at the same place as {places[_place(result)]}")
        for result in failing
        if result.id not in linked and _place(result) in places
    )
    return tuple(sorted(targets, key=lambda target: (-weights[target.id], target.id)))


def near_tests(
    passing: Sequence[TestResult], report: TestReport, issue: Issue, read: Callable[[str], bytes | None]
) -> frozenset[str]:
    """Passing tests that link to the issue as strongly as a target must: by name, words, and what they run."""
    mentions = read_mentions(issue.text)
    named = _named_functions(mentions, report, read)
    return frozenset(
        result.id for result in passing if sum(link.weight for link in find_links(result, mentions, named)) >= THRESHOLD
    )


def find_links(result: TestResult, mentions: Mentions, named: Sequence[Named]) -> list[Link]:
    """Every link between one test and the issue, heaviest first.

    Args:
        result: of the test, which most often fails.
        mentions: what the issue speaks of.
        named: functions that the issue names.
    """
    found = [
        link
        for link in (
            _by_name(result, mentions),
            _by_message(result, mentions),
            _by_traceback(result, mentions),
            _by_coverage(result, mentions, named),
            _by_words(result, mentions),
        )
        if link is not None
    ]
    return sorted(found, key=lambda link: -link.weight)


def _by_name(result: TestResult, mentions: Mentions) -> Link | None:
    name = _test_name(result.id)
    if result.id in mentions.text or (len(name) > 6 and name in mentions.identifiers):
        return Link(1.0, f"the issue names {name}")
    path = result.id.partition("::")[0]
    file = path.rpartition("/")[2] if "/" in path or path.endswith(".py") else ""
    if file and re.search(rf"(?<![\w/]){re.escape(file)}\b|\b{re.escape(path)}\b", mentions.text):
        return Link(0.6, f"the issue names {file}")
    return None


def _by_message(result: TestResult, mentions: Mentions) -> Link | None:
    message = " ".join(result.message.partition("\n")[0].split())
    kind, _, text = message.partition(": ")
    if len(text) >= 10 and text in mentions.text:
        return Link(1.0, f"it fails as the issue says: {message[:120]}")
    missing = re.search(r"cannot import name '(\w+)'|No module named '([\w.]+)'|has no attribute '(\w+)'", message)
    if missing:
        name = next(filter(None, missing.groups())).rpartition(".")[2]
        if name in mentions.identifiers:
            return Link(0.8, f"it misses {name}, which the issue speaks of")
    short = kind.rpartition(".")[2]
    if short in mentions.identifiers and short not in ("AssertionError", "Exception", "Failed"):
        return Link(0.4, f"it fails with {short}, as the issue says")
    return None


def _by_traceback(result: TestResult, mentions: Mentions) -> Link | None:
    frames = [frame for frame in result.frames if not is_test_file(frame[0])]
    for path, _, function in reversed(frames):
        if function in mentions.code or (len(function) > 5 and function in mentions.identifiers):
            innermost = frames[-1][2] == function
            return Link(0.7 if innermost else 0.5, f"its traceback goes through {function} in {path}")
    for path, _, _ in reversed(frames):
        if re.search(rf"(?<![\w]){re.escape(path)}|(?<![\w/]){re.escape(path.rpartition('/')[2])}\b", mentions.text):
            return Link(0.4, f"its traceback goes through {path}")
    return None


def _by_coverage(result: TestResult, mentions: Mentions, named: Sequence[Named]) -> Link | None:
    """Running a function that the issue names; the fewer other tests run it, the more that says.

    A word that only happens to be a function's name too ("add", "parse") says half of what one spelled as code does.
    """
    best: Link | None = None
    for function in named:
        if result.id not in function.users:
            continue
        few = len(function.users) <= 3 or function.share <= 0.05
        weight = 0.5 if few else 0.3 if function.share <= 0.4 else 0.1
        weight *= 1.0 if function.name in mentions.code else 0.5
        if best is None or weight > best.weight:
            best = Link(weight, f"it runs {function.name}, which the issue names")
    return best


def _by_words(result: TestResult, mentions: Mentions) -> Link | None:
    words = set(_words(_test_name(result.id)))
    common = words & mentions.words
    if not common:
        return None
    share = len(common) / len(words)
    if share < 0.5 and len(common) < 2:
        return None
    weight = 0.2 + 0.3 * share if len(common) > 1 else 0.3
    return Link(weight, f"its name and the issue share {', '.join(sorted(common)[:4])}")


def _unlinked(failing: Sequence[TestResult], issue: Issue) -> tuple[Target, ...]:
    asked = _ASKS_FOR_TESTS.search(issue.text) is not None
    if not failing or not (asked or len(failing) <= _FEW):
        return ()
    why = "the issue asks for the failing tests" if asked else "nothing but this fails at the base"
    if not asked and len(failing) > 1:
        why = f"one of the only {len(failing)} tests that fail at the base"
    return tuple(Target(result.id, why, certain=asked) for result in failing)


def _named_functions(mentions: Mentions, report: TestReport, read: Callable[[str], bytes | None]) -> tuple[Named, ...]:
    """Functions and classes that the issue names, in files that some test runs."""
    found: dict[str, dict[str, frozenset[int]]] = {}
    for path in sorted({path for lines in report.coverage.values() for path in lines}):
        if not path.endswith(".py") or is_test_file(path):
            continue
        for name, lines in _functions(read(path) or b"", mentions.names):
            places = found.setdefault(name, {})
            places[path] = places.get(path, frozenset()) | lines
    tests = max(1, len(report.coverage))
    named = []
    for name, places in found.items():
        users = frozenset(test for test, covered in report.coverage.items() if _runs(covered, places))
        named.append(Named(name, users, len(users) / tests))
    return tuple(named)


def _functions(source: bytes, names: frozenset[str]) -> Iterable[tuple[str, frozenset[int]]]:
    if not any(name.encode() in source for name in names):
        return
    tree = parse(source)
    if tree is None:
        return
    for qualified, node in definitions(tree):  # a class has the lines of its methods
        for name in names.intersection(qualified.split(".")):
            yield name, _body(node)


def _body(node: Definition) -> frozenset[int]:
    return frozenset(range(node.body[0].lineno, (node.end_lineno or node.lineno) + 1))


def _runs(covered: Mapping[str, frozenset[int]], places: Mapping[str, frozenset[int]]) -> bool:
    return any(path in covered and not lines.isdisjoint(covered[path]) for path, lines in places.items())


def _place(result: TestResult) -> tuple[str, str] | None:
    """(path, function) of the innermost frame outside the tests: tests that fail there fail together."""
    frames = [(path, function) for path, _, function in result.frames if not is_test_file(path)]
    return frames[-1] if frames else None


def _test_name(test: str) -> str:
    """`a/test_b.py::C::test_d[x]` -> `test_d`; `a.b.C.test_d` -> `test_d`; `a/test_b.py` -> `test_b`."""
    name = test.partition("[")[0]
    if "::" in name:
        return name.rpartition("::")[2]
    return name.removesuffix(".py").replace("/", ".").rpartition(".")[2]


def _words(text: str) -> Iterable[str]:
    for word in _WORD.findall(text):
        lower = word.lower()
        if len(lower) > 2 and lower not in _COMMON:
            yield lower
