"""Shifts letters of the alphabet, and leaves all else."""

# ruff: noqa
# mypy: ignore-errors


def shift(char, by):
    if "a" <= char <= "z":
        first = ord("a")
    elif "A" <= char <= "Z":
        first = ord("A")
    else:
        return char
    return chr((ord(char) - first + by) % 26 + first)


def encrypt(text, key):
    return "".join(shift(char, key) for char in text)


def decrypt(text, key):
    return encrypt(text, -key)


TESTS = r"""
encrypt("abc", 1) == "bcd"
encrypt("xyz", 3) == "abc"
encrypt("Hello, World!", 5) == "Mjqqt, Btwqi!"
decrypt("Mjqqt, Btwqi!", 5) == "Hello, World!"
encrypt("", 4) == ""
decrypt(encrypt("Zebra 12", 29), 29) == "Zebra 12"
encrypt("AZ", 26) == "AZ"
"""

BUGS = r"""
-    return chr((ord(char) - first + by) % 26 + first)
+    return chr((ord(char) + by) % 26 + first)

-    return chr((ord(char) - first + by) % 26 + first)
+    return chr(ord(char) + by)

-    if "a" <= char <= "z":
+    if "a" <= char < "z":

-    return encrypt(text, -key)
+    return encrypt(text, key)
"""
