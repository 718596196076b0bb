"""Matches a name against a pattern with * and ?."""

# ruff: noqa
# mypy: ignore-errors


def glob_match(pattern, name):
    p = n = 0
    star = mark = -1
    while n < len(name):
        if p < len(pattern) and pattern[p] == "*":
            star, mark = p, n
            p += 1
        elif p < len(pattern) and pattern[p] in ("?", name[n]):
            p += 1
            n += 1
        elif star >= 0:
            mark += 1
            p, n = star + 1, mark
        else:
            return False
    while p < len(pattern) and pattern[p] == "*":
        p += 1
    return p == len(pattern)


TESTS = r"""
glob_match("", "")
glob_match("*", "")
glob_match("*.py", "main.py")
not glob_match("*.py", "main.pyc")
glob_match("a?c", "abc")
not glob_match("a?c", "ac")
glob_match("*a*b*", "xxaxxbxx")
not glob_match("abc", "ab")
glob_match("*ab", "aab")
not glob_match("a", "ab")
glob_match("a**", "a")
"""

BUGS = r"""
-    return p == len(pattern)
+    return n == len(name)

-            mark += 1
-            p, n = star + 1, mark
+            p, n = star + 1, mark

-        elif star >= 0:
+        elif star > 0:

-    while p < len(pattern) and pattern[p] == "*":
+    if p < len(pattern) and pattern[p] == "*":
"""
