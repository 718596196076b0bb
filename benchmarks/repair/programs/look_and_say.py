"""The look-and-say sequence."""

# ruff: noqa
# mypy: ignore-errors


def say(digits):
    spoken = []
    i = 0
    while i < len(digits):
        j = i
        while j < len(digits) and digits[j] == digits[i]:
            j += 1
        spoken.append(str(j - i) + digits[i])
        i = j
    return "".join(spoken)


def look_and_say(n):
    term = "1"
    for _ in range(n - 1):
        term = say(term)
    return term


TESTS = r"""
look_and_say(1) == "1"
look_and_say(2) == "11"
look_and_say(5) == "111221"
look_and_say(6) == "312211"
say("") == ""
say("333") == "33"
say("1122") == "2122"
"""

BUGS = r"""
-        spoken.append(str(j - i) + digits[i])
+        spoken.append(digits[i] + str(j - i))

-        spoken.append(str(j - i) + digits[i])
+        spoken.append(str(j - i + 1) + digits[i])

-        i = j
+        i = j + 1

-    for _ in range(n - 1):
+    for _ in range(n):
"""
