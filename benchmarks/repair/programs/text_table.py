"""Rows as a table with aligned columns; numbers to the right."""

# ruff: noqa
# mypy: ignore-errors


def is_number(text):
    return text.replace(".", "", 1).lstrip("-").isdigit()


def text_table(rows):
    cells = [[str(cell) for cell in row] for row in rows]
    columns = max((len(row) for row in cells), default=0)
    for row in cells:
        row.extend([""] * (columns - len(row)))
    widths = [max(len(row[c]) for row in cells) for c in range(columns)]
    lines = []
    for row in cells:
        padded = []
        for text, width in zip(row, widths):
            padded.append(text.rjust(width) if is_number(text) else text.ljust(width))
        lines.append(" | ".join(padded).rstrip())
    return "\n".join(lines)


TESTS = r"""
text_table([]) == ""
text_table([["a", "b"]]) == "a | b"
text_table([["name", 1], ["x", 22]]) == "name |  1\nx    | 22"
text_table([["a"], ["bb", "c"]]) == "a  |\nbb | c"
text_table([[-1.5], ["total"]]) == " -1.5\ntotal"
not is_number("1.2.3")
is_number("-7")
"""

BUGS = r"""
-    widths = [max(len(row[c]) for row in cells) for c in range(columns)]
+    widths = [min(len(row[c]) for row in cells) for c in range(columns)]

-            padded.append(text.rjust(width) if is_number(text) else text.ljust(width))
+            padded.append(text.ljust(width) if is_number(text) else text.rjust(width))

-    return text.replace(".", "", 1).lstrip("-").isdigit()
+    return text.replace(".", "").lstrip("-").isdigit()

-    columns = max((len(row) for row in cells), default=0)
+    columns = max(len(row) for row in cells)
"""
