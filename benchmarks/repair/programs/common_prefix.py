"""The longest prefix that all words share."""

# ruff: noqa
# mypy: ignore-errors


def common_prefix(words):
    if not words:
        return ""
    shortest = min(words, key=len)
    for i, char in enumerate(shortest):
        for word in words:
            if word[i] != char:
                return shortest[:i]
    return shortest


TESTS = r"""
common_prefix([]) == ""
common_prefix(["flower", "flow", "flight"]) == "fl"
common_prefix(["abc"]) == "abc"
common_prefix(["abc", "ab"]) == "ab"
common_prefix(["a", "b"]) == ""
common_prefix(["", "x"]) == ""
common_prefix(["interview", "interval", "internal"]) == "inter"
"""

BUGS = r"""
-    shortest = min(words, key=len)
+    shortest = max(words, key=len)

-                return shortest[:i]
+                return shortest[: i + 1]

-    if not words:
-        return ""
     shortest = min(words, key=len)

-    return shortest
+    return ""
"""
