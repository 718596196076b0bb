"""The longest palindrome inside a text, the first of equals."""

# ruff: noqa
# mypy: ignore-errors


def expand(text, left, right):
    while left >= 0 and right < len(text) and text[left] == text[right]:
        left -= 1
        right += 1
    return text[left + 1 : right]


def longest_palindrome(text):
    best = ""
    for centre in range(len(text)):
        for candidate in (expand(text, centre, centre), expand(text, centre, centre + 1)):
            if len(candidate) > len(best):
                best = candidate
    return best


TESTS = r"""
longest_palindrome("") == ""
longest_palindrome("a") == "a"
longest_palindrome("abba") == "abba"
longest_palindrome("babad") == "bab"
longest_palindrome("cbbd") == "bb"
longest_palindrome("forgeeksskeegfor") == "geeksskeeg"
longest_palindrome("abc") == "a"
"""

BUGS = r"""
-    return text[left + 1 : right]
+    return text[left:right]

-    return text[left + 1 : right]
+    return text[left + 1 : right + 1]

-            if len(candidate) > len(best):
+            if len(candidate) >= len(best):

-        for candidate in (expand(text, centre, centre), expand(text, centre, centre + 1)):
+        for candidate in (expand(text, centre, centre), expand(text, centre - 1, centre + 1)):
"""
