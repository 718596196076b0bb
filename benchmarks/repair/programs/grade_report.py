"""Averages of pupils' marks with the worst one left out."""

# ruff: noqa
# mypy: ignore-errors


def average(marks, drop_lowest=False):
    if not marks:
        return None
    counted = sorted(marks)
    if drop_lowest and len(counted) > 1:
        counted = counted[1:]
    return round(sum(counted) / len(counted), 2)


def letter(score):
    for limit, grade in ((90, "A"), (80, "B"), (70, "C"), (60, "D")):
        if score >= limit:
            return grade
    return "F"


def report(pupils):
    lines = []
    for name in sorted(pupils):
        score = average(pupils[name], drop_lowest=True)
        lines.append((name, score, "-" if score is None else letter(score)))
    return lines


TESTS = r"""
average([]) is None
average([80, 90]) == 85
average([80, 90, 10], drop_lowest=True) == 85
average([50], drop_lowest=True) == 50
letter(90) == "A"
letter(59.9) == "F"
letter(75) == "C"
report({"b": [100, 0], "a": []}) == [("a", None, "-"), ("b", 100, "A")]
average([1, 1, 2]) == 1.33
"""

BUGS = r"""
-        if score >= limit:
+        if score > limit:

-    if drop_lowest and len(counted) > 1:
+    if drop_lowest:

-        counted = counted[1:]
+        counted = counted[:-1]

-    return round(sum(counted) / len(counted), 2)
+    return round(sum(counted) / len(marks), 2)
"""
