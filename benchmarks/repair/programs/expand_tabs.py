"""Tabs become spaces up to the next stop."""

# ruff: noqa
# mypy: ignore-errors


def expand_tabs(line, width=8):
    out = []
    column = 0
    for char in line:
        if char == "\t":
            spaces = width - column % width
            out.append(" " * spaces)
            column += spaces
        elif char == "\n":
            out.append(char)
            column = 0
        else:
            out.append(char)
            column += 1
    return "".join(out)


TESTS = r"""
expand_tabs("") == ""
expand_tabs("a\tb", 4) == "a   b"
expand_tabs("\tx", 4) == "    x"
expand_tabs("abcd\te", 4) == "abcd    e"
expand_tabs("ab\n\tc", 4) == "ab\n    c"
expand_tabs("a\t\tb", 4) == "a       b"
expand_tabs("1234567\t8") == "1234567 8"
"""

BUGS = r"""
-            spaces = width - column % width
+            spaces = width

-            column += spaces
-        elif char == "\n":
+            column += width
+        elif char == "\n":

-            column = 0
         else:

-            out.append(" " * spaces)
-            column += spaces
+            out.append(" " * spaces)
"""
