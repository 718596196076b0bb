"""Expands page ranges such as 1-3,7 and writes them short again."""

# ruff: noqa
# mypy: ignore-errors


def expand_ranges(text):
    pages = set()
    for part in text.split(","):
        part = part.strip()
        if not part:
            continue
        if "-" in part:
            first, last = part.split("-")
            pages.update(range(int(first), int(last) + 1))
        else:
            pages.add(int(part))
    return sorted(pages)


def shorten(pages):
    runs = []
    for page in sorted(set(pages)):
        if runs and page == runs[-1][1] + 1:
            runs[-1][1] = page
        else:
            runs.append([page, page])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)


TESTS = r"""
expand_ranges("1-3,7") == [1, 2, 3, 7]
expand_ranges("") == []
expand_ranges("5, 4 ,4") == [4, 5]
expand_ranges("2-2,9") == [2, 9]
shorten([]) == ""
shorten([3, 1, 2, 7]) == "1-3,7"
shorten([1, 1, 2]) == "1-2"
shorten([9, 7, 5]) == "5,7,9"
"""

BUGS = r"""
-            pages.update(range(int(first), int(last) + 1))
+            pages.update(range(int(first), int(last)))

-        if runs and page == runs[-1][1] + 1:
+        if runs and page == runs[-1][0] + 1:

-            pages.add(int(part))
+            pages.add(part)

-    for page in sorted(set(pages)):
+    for page in set(pages):
"""
