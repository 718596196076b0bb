"""Writes a text in a zigzag over some rows and reads it row by row."""

# ruff: noqa
# mypy: ignore-errors


def zigzag(text, rows):
    if rows <= 1:
        return text
    lines = [""] * rows
    row, step = 0, 1
    for char in text:
        lines[row] += char
        if row == 0:
            step = 1
        elif row == rows - 1:
            step = -1
        row += step
    return "".join(lines)


TESTS = r"""
zigzag("PAYPALISHIRING", 3) == "PAHNAPLSIIGYIR"
zigzag("PAYPALISHIRING", 4) == "PINALSIGYAHRPI"
zigzag("abc", 1) == "abc"
zigzag("ab", 2) == "ab"
zigzag("abcd", 2) == "acbd"
zigzag("", 3) == ""
zigzag("abc", 5) == "abc"
"""

BUGS = r"""
-        elif row == rows - 1:
+        elif row == rows:

-            step = -1
+            step = 1

-    if rows <= 1:
+    if rows < 1:

-        lines[row] += char
+        lines[row] = char
"""
