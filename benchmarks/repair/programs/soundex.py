"""The Soundex code of a name."""

# ruff: noqa
# mypy: ignore-errors

CODES = {}
for digit, letters in enumerate(["BFPV", "CGJKQSXZ", "DT", "L", "MN", "R"], 1):
    for letter in letters:
        CODES[letter] = str(digit)


def soundex(name):
    name = name.upper()
    code = name[0]
    previous = CODES.get(name[0], "")
    for letter in name[1:]:
        digit = CODES.get(letter, "")
        if digit and digit != previous:
            code += digit
        if letter not in "HW":
            previous = digit
    return (code + "000")[:4]


TESTS = r"""
soundex("Robert") == "R163"
soundex("Rupert") == "R163"
soundex("Ashcraft") == "A261"
soundex("Tymczak") == "T522"
soundex("Pfister") == "P236"
soundex("Lee") == "L000"
soundex("Honeyman") == "H555"
"""

BUGS = r"""
-        if digit and digit != previous:
+        if digit:

-    previous = CODES.get(name[0], "")
+    previous = ""

-    return (code + "000")[:4]
+    return code[:4]

-        if letter not in "HW":
+        if letter in "HW":
"""
