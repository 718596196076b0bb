from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import reasoncli
from reasoncli.settings.fields import GROUPS, fields
from reasoncli.settings.table import BEGIN, END, settings_table

README = Path(reasoncli.__file__).parent.parent / "README.md"


def test_every_setting_is_in_the_table() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` ", settings_table(), re.MULTILINE)
    assert rows == list(fields())
    assert all(field.key.help.endswith(".") for field in fields().values())


def test_the_readme_holds_the_table_as_it_is() -> None:
    text = README.read_text("utf-8")
    assert text[text.index(BEGIN) : text.index(END) + len(END)] == settings_table()


def test_names_are_unique_over_all_groups() -> None:
    from dataclasses import fields as parts

    names = [part.name for group in GROUPS.values() for part in parts(group)]
    assert len(names) == len(set(names))


def test_reading_settings_imports_nothing_heavy() -> None:
    code = (
        "import sys; from reasoncli.settings.fields import fields; fields();"
        "print(sorted({'pydantic', 'numpy', 'platformdirs', 'docker', 'rich'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
