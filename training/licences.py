"""Which licence a source has, read from what it says itself, and whether it is permissive.

Only what is clearly permissive counts: an unknown text, a second licence that isn't permissive, or nothing at all
leaves the source out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageMetadata

PERMISSIVE = frozenset(
    {
        *("MIT", "MIT-0", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0"),
        *("ISC", "PSF-2.0", "Python-2.0", "Unlicense"),
        "0BSD",
        "Zlib",
    }
)

_FORBIDDEN = re.compile(
    r"gnu\s+((lesser|library|affero)\s+)?general\s+public|(mozilla|eclipse|server\s+side|european\s+union)\s+public"
    r"|(business|functional)\s+source\s+licen|elastic\s+licen|commons\s+clause|(attribution-)?noncommercial"
    r"|attribution-sharealike|common\s+development\s+and\s+distribution|cecill|\b[al]?gplv?[0-9]"
    r"|all\s+advertising\s+materials\s+mentioning",
    re.IGNORECASE,
)
_SPDX = re.compile(r"SPDX-License-Identifier:\s*([^\n*#]+)")
_OLD_PYTHON = re.compile(
    r"previously\s+distributed\s+under\s+the\s+GNU\s+General\s+Public\s+License"
)  # CNRI's, in the PSF's
_OF_DOCUMENTS = re.compile(r"^Documentation Licen[sc]e\s*$", re.MULTILINE)  # what follows is not about code
_GRANT = "permission is hereby granted, free of charge, to any person obtaining a copy"
_ANY_PURPOSE = re.compile(
    r"permission to use, copy, modify,? and(/or)? distribute this software( and its documentation)? for any purpose"
)
_CLASSIFIERS = {
    "MIT License": "MIT",
    "MIT No Attribution License (MIT-0)": "MIT-0",
    "Apache Software License": "Apache-2.0",
    "ISC License (ISCL)": "ISC",
    "Python Software Foundation License": "PSF-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
    "zlib/libpng License": "Zlib",
}
_WORDS = tuple(
    (re.compile(words, re.IGNORECASE), name)
    for words, name in (
        (r"(the )?mit( licen[sc]e)?|expat( licen[sc]e)?|mit/expat", "MIT"),
        (r"apache[ -]?(software )?(licen[sc]e)?,?[ -]*(version|v)?[ -]?2(\.0)?( licen[sc]e)?", "Apache-2.0"),
        (
            r"(the )?(new|modified|3-clause|revised) bsd( licen[sc]e)?|bsd[ -]\(?3([ -]clause)?\)?( licen[sc]e)?",
            "BSD-3-Clause",
        ),
        (r"(the )?(simplified|2-clause) bsd( licen[sc]e)?|bsd[ -]\(?2([ -]clause)?\)?( licen[sc]e)?", "BSD-2-Clause"),
        (r"isc( licen[sc]e)?", "ISC"),
        (r"psf([ -]2(\.0)?)?( licen[sc]e)?|python software foundation licen[sc]e", "PSF-2.0"),
        (r"(the )?unlicen[sc]e", "Unlicense"),
    )
)


def of_expression(expression: str) -> str | None:
    """The permissive part of an SPDX expression, as an SPDX expression; `None` where what it grants isn't permissive.

    Of "A OR B" the permissive side is taken, of "A AND B" both must be. Exceptions (`WITH`) only permit more.
    """
    tokens = re.findall(r"[()]|[^\s()]+", expression)
    place = 0

    def either() -> list[str] | None:
        nonlocal place
        options = [both()]
        while place < len(tokens) and tokens[place].upper() == "OR":
            place += 1
            options.append(both())
        return next((option for option in options if option), None)

    def both() -> list[str] | None:
        nonlocal place
        parts = [one()]
        while place < len(tokens) and tokens[place].upper() == "AND":
            place += 1
            parts.append(one())
        return [name for part in parts if part for name in part] if all(parts) else None

    def one() -> list[str] | None:
        nonlocal place
        if place >= len(tokens):
            return None
        token = tokens[place]
        place += 1
        if token == "(":
            inside = either()
            place += 1
            return inside
        if place < len(tokens) and tokens[place].upper() == "WITH":
            place += 2
        return next(([known] for known in PERMISSIVE if known.lower() == token.lower()), None)

    names = either()
    return _joined(names) if names and place >= len(tokens) else None


def of_text(text: str) -> str | None:
    """The permissive licence (SPDX) whose well known phrases stand in a licence file; `None` for any other text."""
    text = _OF_DOCUMENTS.split(text)[0]
    if _FORBIDDEN.search(_OLD_PYTHON.sub("", text)):
        return None
    spdx = _SPDX.search(text)
    plain = " ".join(text.lower().replace("``", "'").replace('"', "'").split())
    found = []
    if _GRANT in plain and "the software is provided" in plain:
        found.append("MIT" if "permission notice" in plain else "MIT-0")
    if "redistribution and use in source and binary forms" in plain:
        endorsing = "neither the name" in plain or "used to endorse" in plain
        found.append("BSD-3-Clause" if endorsing else "BSD-2-Clause")
    if "apache license" in plain and re.search(r"version 2\.0|apache\.org/licenses/license-2\.0", plain):
        found.append("Apache-2.0")
    if _ANY_PURPOSE.search(plain):
        found.append("ISC" if "provided that the above copyright notice" in plain else "0BSD")
    if "python software foundation license version 2" in plain or "psf license agreement" in plain:
        found.append("PSF-2.0")
    if "this is free and unencumbered software released into the public domain" in plain:
        found.append("Unlicense")
    if "altered source versions must be plainly marked" in plain:
        found.append("Zlib")
    return _joined(found) or (of_expression(spdx[1].strip()) if spdx else None)


def of_files(files: Mapping[str, str]) -> str | None:
    """The licence of a source from its licence files (name to text); one must be there, and each must be permissive."""
    found = [of_text(text) for text in files.values() if text.strip()]
    names = [name for licence in found if licence for name in licence.split(" AND ")]
    pointer = any(_dual(text) for text in files.values())
    if not all(found) and not (pointer and names and not any(_FORBIDDEN.search(text) for text in files.values())):
        return None
    return _joined(names) or None


def of_metadata(metadata: PackageMetadata) -> str | None:
    """The licence (SPDX) that a package's metadata names in License-Expression, License or its classifiers.

    A classifier that isn't permissive rules the package out, whatever else is said.
    """
    if expression := said(metadata, "License-Expression"):
        return of_expression(expression[0])
    classified = [line for line in said(metadata, "Classifier") if line.startswith("License ::")]
    named = [line.rsplit(" :: ", 1)[-1] for line in classified]
    named = [name for name in named if name not in ("OSI Approved", "License")]
    if any(name not in _CLASSIFIERS and name != "BSD License" for name in named):
        return None
    from_classifiers = [_CLASSIFIERS[name] for name in named if name in _CLASSIFIERS]
    from_field = _of_words("".join(said(metadata, "License")))
    if "BSD License" in named:
        return _joined([*from_classifiers, from_field or "BSD-3-Clause"])
    return _joined(from_classifiers) or from_field


def said(metadata: PackageMetadata, field: str) -> list[str]:
    """The values of a field, none of them empty."""
    return [str(value) for value in metadata.get_all(field) or [] if str(value).strip()]


def is_licence_file(name: str) -> bool:
    """Whether a file name is one that a licence stands in (those of third parties are told apart by their name)."""
    return bool(re.match(r"(un)?licen[sc]e|copying", name, re.IGNORECASE)) and not re.search(
        r"3rd|third|notice|header|template|\.py[cio]?$|\.(json|ya?ml|toml|js|go|sh)$|check|docs?\b|font|data",
        name,
        re.IGNORECASE,
    )


def forbids(head: str) -> bool:
    """Whether the first lines of a file put it under a licence that isn't permissive, whatever the project's is."""
    spdx = _SPDX.search(head)
    return bool(_FORBIDDEN.search(head)) or (spdx is not None and of_expression(spdx[1].strip()) is None)


def _of_words(words: str) -> str | None:
    words = words.strip()
    if len(words) > 200:
        return of_text(words)
    return of_expression(words) or next((name for pattern, name in _WORDS if pattern.fullmatch(words)), None)


def _dual(text: str) -> bool:
    """Whether a text only points at the licence files beside it."""
    return len(text) < 2500 and re.search(r"licen[sc]e[sd]?", text, re.IGNORECASE) is not None


def _joined(names: Iterable[str]) -> str:
    return " AND ".join(sorted(set(names)))
