"""Seconds of durations such as 1h30m."""

# ruff: noqa
# mypy: ignore-errors

import re

SECONDS = {"d": 86400, "h": 3600, "m": 60, "s": 1}


def parse_duration(text):
    text = text.strip().lower()
    sign = 1
    if text.startswith("-"):
        sign = -1
        text = text[1:]
    if text.isdigit():
        return sign * int(text)
    total = 0
    position = 0
    for match in re.finditer(r"(\d+)([dhms])", text):
        if match.start() != position:
            raise ValueError(text)
        total += int(match.group(1)) * SECONDS[match.group(2)]
        position = match.end()
    if position == 0 or position != len(text):
        raise ValueError(text)
    return sign * total


TESTS = r"""
parse_duration("90") == 90
parse_duration("1h30m") == 5400
parse_duration(" 2D ") == 172800
parse_duration("-5m") == -300
parse_duration("1h1m1s") == 3661
raises(ValueError, parse_duration, "1x")
raises(ValueError, parse_duration, "")
raises(ValueError, parse_duration, "1h30")
raises(ValueError, parse_duration, "1h, 3m")
parse_duration("-7") == -7
"""

BUGS = r"""
-        total += int(match.group(1)) * SECONDS[match.group(2)]
-        position = match.end()
+        total = int(match.group(1)) * SECONDS[match.group(2)]
+        position = match.end()

-    if position == 0 or position != len(text):
-        raise ValueError(text)
     return sign * total

-    if position == 0 or position != len(text):
+    if position != len(text):

-        text = text[1:]
     if text.isdigit():
"""
