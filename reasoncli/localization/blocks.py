"""The functions of files in other languages than Python, by their braces, `end`s or indentation.

No parser, an estimate: a wrong border costs a prompt some lines, never a verdict. What is inside strings, comments and
regular expressions is blanked out first, so that it can't be taken for a border. Where the borders make no sense the
file is one function.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from reasoncli.localization.functions import Function, Outline, source_lines, whole_file

_ENDED = frozenset((".rb", ".ex", ".exs", ".lua", ".jl"))
_INDENTED = frozenset((".pyx", ".pxd"))
_HASH_COMMENTS = frozenset((".rb", ".ex", ".exs", ".jl", ".php", ".pl", ".pm", ".sh", ".r", ".pyx", ".pxd"))
_REGEXES = frozenset((".js", ".jsx", ".ts", ".tsx", ".mjs", ".cjs", ".vue"))
_QUOTES = {".rs": '"', ".ml": '"', ".hs": '"', ".clj": '"'}  # where a single quote is no string

_CHARACTER = re.compile(r"'(?:\\.[^']*|[^\\'])'")
_GOES_ON = re.compile(r"\s*(?:where|extends|implements|throws|noexcept|override|->|[:.?)|&])")
_LONGEST_HEAD = 2000
_NO_FUNCTION = frozenset(
    (
        *("if", "for", "while", "switch", "else", "do", "try", "catch", "finally", "match", "loop", "unsafe", "with"),
        *(
            "return",
            "synchronized",
            "select",
            "guard",
            "defer",
            "lock",
            "using",
            "foreach",
            "elseif",
            "when",
            "new",
        ),
    )
)
_CLASS = re.compile(
    r"\b(?:class|interface|struct|impl(?:<[^>]*>)?|trait|enum|namespace|module|object|extension|protocol|record)\s+"
    r"(?:[\w:<>, ]+\s+for\s+)?(\w+)[^()=;]*$|\btype (\w+)(?:\[.*\])? (?:struct|interface)$"
)
_NAMED = re.compile(r"\b(?:function\b\s*\*?|func\b|fn\b|fun\b|def\b|sub\b)\s*(?:\([^()]*\)\s*)?([\w$]+)\s*[(<\[]")
_ASSIGNED = re.compile(
    r"([\w$]+)\s*(?::[^=()]*)?[=:]\s*(?:async\s+)?(?:function\b|(?:<.*>)?(?:\(.*\)|[\w$]+)\s*(?::[^=]*)?=>$)"
)
_METHOD = re.compile(r"([\w$~]+)\s*(?:<[^<>()]*>)?\s*\(.*\)[^(){};=]*$")
_BEGIN_END = re.compile(
    r"^(\s*)(?:(?:async|private|public|local|defp?|def|function|class|module|struct|macro)\s+)+([\w.:!?=]+)"
)
_MOST_LINES = 50_000
_LITERAL = ("=", ":", ",", "(", "[")  # what stands before a brace that begins no block, in parentheses
_VALUE = ("=", ":", "[", "&&", "||", "?")  # and outside


def outline_of(path: str, source: str) -> Outline:
    """Functions and classes of a file; no statements."""
    whole = whole_file(source)
    suffix = PurePosixPath(path).suffix.lower()
    if whole.end > _MOST_LINES:
        return Outline([whole], [])
    if suffix in _ENDED or suffix in _INDENTED:
        found = _by_indentation(source_lines(source), ended=suffix in _ENDED)
    else:
        found = _by_braces(_blanked(source.replace("\r\n", "\n").replace("\r", "\n"), suffix))
    return Outline([whole, *sorted(found, key=lambda each: (each.start, -each.end))], [])


def _by_braces(text: str) -> list[Function]:
    found: list[Function] = []
    around: list[tuple[str, str, int] | None] = []  # name, kind and first line of what each open brace begins
    resume: list[int | None] = []  # where the text before a literal or pattern in it begins
    line = 1
    begun = 0  # where the text before the next brace begins
    for match in re.finditer(r"[{};\n]", text):
        sign = match[0]
        if sign == "\n":
            line += 1
            continue
        before = text[begun : match.start()]
        if sign == "{":
            statement = _statement(before)
            literal = before.rstrip().endswith(_LITERAL) or text.startswith("{}", match.start())
            literal = literal and statement.count("(") > statement.count(")")
            named = None if literal else _name(statement)
            first = line - statement.count("\n") - before[len(before.rstrip()) :].count("\n")
            around.append((named[0], named[1], first) if named else None)
            resume.append(begun if literal else None)
        elif sign == "}":
            if not around:
                return []
            opened, earlier = around.pop(), resume.pop()
            if opened is not None:
                outer = ".".join(each[0] for each in around if each is not None and each[1] == "class")
                name = f"{outer}.{opened[0]}" if outer else opened[0]
                found.append(Function(name, opened[2], line, opened[1]))
            if earlier is not None:
                begun = earlier
                continue
        if sign != ";" or before.count("(") <= before.count(")"):  # not inside `for (;;)`
            begun = match.end()
    return [] if around else found


def _name(statement: str) -> tuple[str, str] | None:
    """The name and kind of what a statement before a brace begins; `None` for a plain block."""
    head = " ".join(statement.split())
    words = re.findall(r"[\w$]+", head)
    inside = head.count("(") > head.count(")")  # an argument: without a name of its own it belongs to what is around
    if not words or words[0] in _NO_FUNCTION or head.endswith(_LITERAL if inside else _VALUE):
        return None
    if match := _CLASS.search(head):
        return match[1] or match[2], "class"
    for pattern in (_NAMED,) if inside else (_ASSIGNED, _NAMED, _METHOD):
        match = pattern.search(head)
        if match and match[1] not in (*_NO_FUNCTION, "function"):
            return match[1], "function"
    return None


def _statement(before: str) -> str:
    """The last statement of a text: languages that need no semicolons end them with the line."""
    lines = before[-_LONGEST_HEAD:].rstrip().split("\n")
    taken = lines.pop()
    while lines and (taken.count(")") > taken.count("(") or _GOES_ON.match(taken) or not taken.strip()):
        taken = f"{lines.pop()}\n{taken}"
    return taken


def _by_indentation(lines: list[str], *, ended: bool) -> list[Function]:
    found: list[Function] = []
    for number, line in enumerate(lines, 1):
        match = _BEGIN_END.match(line)
        if match is None:
            continue
        depth = len(match[1].expandtabs())
        last = number
        for after, text in enumerate(lines[number:], number + 1):
            if not text.strip():
                continue
            indent = len(text.expandtabs()) - len(text.expandtabs().lstrip())
            if indent <= depth:
                last = after if ended and text.strip().startswith("end") else last
                break
            last = after
        kind = "class" if re.match(r"\s*(?:class|module|struct)\b", line) else "function"
        found.append(Function(match[2], number, last, kind))
    return found


def _blanked(text: str, suffix: str) -> str:
    """The text with strings, comments and regular expressions as spaces; lines stay where they are."""
    quotes = _QUOTES.get(suffix, "\"'`")
    result = list(text)
    at, last, size = 0, "", len(text)
    while at < size:
        sign, two = text[at], text[at : at + 2]
        end = at + 1
        if two == "//" or (sign == "#" and suffix in _HASH_COMMENTS):
            end = _find(text, "\n", at)
        elif two == "/*":
            end = _find(text, "*/", at + 2) + 2
        elif sign == "'" and sign not in quotes and (character := _CHARACTER.match(text, at)):
            end = character.end()
        elif sign in quotes:
            end = _string_end(text, at, multiline=sign == "`")
            last = sign
        elif (
            sign == "/" and suffix in _REGEXES and (not last or last in "(,=:[!&|?{};+-*%<>~^" or _after_word(text, at))
        ):
            end = _regex_end(text, at)
            last = sign
        elif not sign.isspace():
            last = sign
            at += 1
            continue
        for index in range(at, min(end, size)):
            if result[index] != "\n":
                result[index] = " "
        at = max(end, at + 1)
    return "".join(result)


def _find(text: str, what: str, start: int) -> int:
    found = text.find(what, start)
    return len(text) if found < 0 else found


def _after_word(text: str, at: int) -> bool:
    return (
        re.search(r"\b(?:return|typeof|case|in|of|do|else|void|throw|yield|await)\s*$", text[max(0, at - 12) : at])
        is not None
    )


def _string_end(text: str, start: int, *, multiline: bool) -> int:
    """Behind the closing quote; behind the quote itself where the line has no other (an apostrophe)."""
    quote, at = text[start], start + 1
    while at < len(text):
        if text[at] == "\\":
            at += 2
            continue
        if text[at] == quote:
            return at + 1
        if text[at] == "\n" and not multiline:
            return start + 1
        at += 1
    return start + 1


def _regex_end(text: str, start: int) -> int:
    at, inside = start + 1, False
    while at < len(text) and text[at] != "\n":
        if text[at] == "\\":
            at += 1
        elif text[at] == "[":
            inside = True
        elif text[at] == "]":
            inside = False
        elif text[at] == "/" and not inside:
            return at + 1
        at += 1
    return start + 1
