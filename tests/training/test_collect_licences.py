from __future__ import annotations

from importlib.metadata import distributions
from pathlib import Path

import pytest

from tests.training.collecting import GPL, MIT
from training import licences

BSD = """Redistribution and use in source and binary forms, with or without modification, are permitted provided that
the following conditions are met: retain the notice."""
ISC = """Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby
granted"""
PSF = """PYTHON SOFTWARE FOUNDATION LICENSE VERSION 2 ... material that was previously distributed
under the GNU General Public License (GPL)"""


@pytest.mark.parametrize(
    ("text", "licence"),
    [
        (MIT, "MIT"),
        (BSD, "BSD-2-Clause"),
        (BSD + "\nNeither the name of the owner nor the names of its contributors may be used", "BSD-3-Clause"),
        (BSD + "\nAll advertising materials mentioning features must display", None),
        (ISC + ", provided that the above copyright notice appear in all copies", "ISC"),
        (ISC + ".", "0BSD"),
        ("Apache License\n   Version 2.0, January 2004", "Apache-2.0"),
        ("This is free and unencumbered software released into the public domain.", "Unlicense"),
        (PSF, "PSF-2.0"),
        (GPL, None),
        (MIT + "\n\n" + GPL, None),
        (MIT + "\nLicensed with the Commons Clause", None),
        ("Mozilla Public License Version 2.0", None),
        ("All rights reserved.", None),
        ("", None),
        (MIT + "\n\nDocumentation License\n====\nCreative Commons Attribution-ShareAlike", "MIT"),
        ("SPDX-License-Identifier: Zlib", "Zlib"),
    ],
)
def test_texts(text: str, licence: str | None) -> None:
    assert licences.of_text(text) == licence


@pytest.mark.parametrize(
    ("expression", "licence"),
    [
        ("MIT", "MIT"),
        ("apache-2.0", "Apache-2.0"),
        ("GPL-3.0-only OR MIT", "MIT"),
        ("MIT AND (BSD-3-Clause OR LGPL-2.1-only)", "BSD-3-Clause AND MIT"),
        ("MIT AND GPL-3.0-only", None),
        ("Apache-2.0 WITH LLVM-exception", "Apache-2.0"),
        ("MPL-2.0", None),
        ("LicenseRef-Proprietary", None),
        ("(MIT", "MIT"),
        ("MIT Apache-2.0", None),
        ("", None),
    ],
)
def test_expressions(expression: str, licence: str | None) -> None:
    assert licences.of_expression(expression) == licence


@pytest.mark.parametrize(
    ("fields", "licence"),
    [
        ("License-Expression: MIT", "MIT"),
        ("License-Expression: MPL-2.0\nLicense: MIT", None),
        ("License: MIT License", "MIT"),
        ("License: Apache License, Version 2.0", "Apache-2.0"),
        ("License: BSD 3-Clause", "BSD-3-Clause"),
        ("License: Proprietary", None),
        ("Classifier: License :: OSI Approved :: BSD License", "BSD-3-Clause"),
        ("License: BSD-2-Clause\nClassifier: License :: OSI Approved :: BSD License", "BSD-2-Clause"),
        ("License: MIT\nClassifier: License :: OSI Approved :: GNU General Public License (GPL)", None),
        ("License: UNKNOWN", None),
        ("", None),
    ],
)
def test_metadata(tmp_path: Path, fields: str, licence: str | None) -> None:
    (tmp_path / "a-1.dist-info").mkdir()
    text = f"Metadata-Version: 2.4\nName: a\nVersion: 1\n{fields}".strip() + "\n"
    (tmp_path / "a-1.dist-info" / "METADATA").write_text(text, "utf-8")
    (distribution,) = distributions(path=[str(tmp_path)])
    assert licences.of_metadata(distribution.metadata) == licence


@pytest.mark.parametrize(
    ("files", "licence"),
    [
        ({}, None),
        ({"LICENSE": MIT}, "MIT"),
        ({"LICENSE.MIT": MIT, "LICENSE.BSD": BSD}, "BSD-2-Clause AND MIT"),
        ({"LICENSE": "Made available under the licenses beside this file.", "LICENSE.MIT": MIT}, "MIT"),
        ({"LICENSE": MIT, "COPYING": GPL}, None),
        ({"LICENSE": MIT, "LICENSE.other": "All rights reserved. " * 200}, None),
    ],
)
def test_every_licence_file_must_be_permissive(files: dict[str, str], licence: str | None) -> None:
    assert licences.of_files(files) == licence


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("LICENSE", True),
        ("license.txt", True),
        ("LICENCE.md", True),
        ("COPYING", True),
        ("UNLICENSE", True),
        ("licenses.py", False),
        ("LICENSE-3RD-PARTY.txt", False),
        ("README", False),
    ],
)
def test_names_of_licence_files(name: str, is_one: bool) -> None:
    assert licences.is_licence_file(name) is is_one
