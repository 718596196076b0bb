"""Groups the digits of a number, and writes ordinals."""

# ruff: noqa
# mypy: ignore-errors


def thousands(number, separator=","):
    sign = "-" if number < 0 else ""
    digits = str(abs(number))
    groups = []
    while len(digits) > 3:
        groups.insert(0, digits[-3:])
        digits = digits[:-3]
    groups.insert(0, digits)
    return sign + separator.join(groups)


def ordinal(number):
    if number % 100 in (11, 12, 13):
        suffix = "th"
    else:
        suffix = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{suffix}"


TESTS = r"""
thousands(0) == "0"
thousands(999) == "999"
thousands(1000) == "1,000"
thousands(-1234567) == "-1,234,567"
thousands(123456, ".") == "123.456"
[ordinal(n) for n in (1, 2, 3, 4)] == ["1st", "2nd", "3rd", "4th"]
[ordinal(n) for n in (11, 12, 13, 21)] == ["11th", "12th", "13th", "21st"]
[ordinal(n) for n in (111, 101, 112)] == ["111th", "101st", "112th"]
"""

BUGS = r"""
-    while len(digits) > 3:
+    while len(digits) >= 3:

-        groups.insert(0, digits[-3:])
+        groups.append(digits[-3:])

-    if number % 100 in (11, 12, 13):
+    if number in (11, 12, 13):

-    digits = str(abs(number))
+    digits = str(number)
"""
