"""Compares dotted version numbers part by part."""

# ruff: noqa
# mypy: ignore-errors


def compare_versions(left, right):
    a = [int(part) for part in left.split(".")]
    b = [int(part) for part in right.split(".")]
    length = max(len(a), len(b))
    a += [0] * (length - len(a))
    b += [0] * (length - len(b))
    for x, y in zip(a, b):
        if x != y:
            return -1 if x < y else 1
    return 0


TESTS = r"""
compare_versions("1.0", "1") == 0
compare_versions("1.2", "1.10") == -1
compare_versions("2.0.1", "2") == 1
compare_versions("1", "1.0.1") == -1
compare_versions("3.1", "3.1") == 0
compare_versions("0.9", "1.0") == -1
compare_versions("10.0", "9.9.9") == 1
"""

BUGS = r"""
-    a = [int(part) for part in left.split(".")]
-    b = [int(part) for part in right.split(".")]
+    a = list(left.split("."))
+    b = list(right.split("."))

-    length = max(len(a), len(b))
+    length = min(len(a), len(b))

-    b += [0] * (length - len(b))
+    b += [0] * (length - len(a))

-            return -1 if x < y else 1
+            return 1 if x < y else -1
"""
