"""Write the generated parts of README.md: today the table of settings."""

from __future__ import annotations

from pathlib import Path

from reasoncli.settings.table import BEGIN, END, settings_table

README = Path(__file__).resolve().parent.parent / "README.md"


def regenerated(text: str) -> str:
    """The README's text with its generated parts made anew."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + settings_table() + after


if __name__ == "__main__":
    README.write_text(regenerated(README.read_text(encoding="utf-8")), encoding="utf-8")
