"""All places where a pattern begins in a text, by Knuth, Morris and Pratt."""

# ruff: noqa
# mypy: ignore-errors


def kmp_search(text, pattern):
    if not pattern:
        return []
    failure = [0] * len(pattern)
    matched = 0
    for i in range(1, len(pattern)):
        while matched and pattern[i] != pattern[matched]:
            matched = failure[matched - 1]
        if pattern[i] == pattern[matched]:
            matched += 1
        failure[i] = matched
    found = []
    matched = 0
    for i, char in enumerate(text):
        while matched and char != pattern[matched]:
            matched = failure[matched - 1]
        if char == pattern[matched]:
            matched += 1
        if matched == len(pattern):
            found.append(i - matched + 1)
            matched = failure[matched - 1]
    return found


TESTS = r"""
kmp_search("abcabc", "abc") == [0, 3]
kmp_search("aaaa", "aa") == [0, 1, 2]
kmp_search("abc", "") == []
kmp_search("", "a") == []
kmp_search("abababac", "ababac") == [2]
kmp_search("aabaaabaaac", "aabaaac") == [4]
kmp_search("xyz", "w") == []
kmp_search("abaabab", "abab") == [3]
"""

BUGS = r"""
-            found.append(i - matched + 1)
+            found.append(i - matched)

-            found.append(i - matched + 1)
-            matched = failure[matched - 1]
+            found.append(i - matched + 1)
+            matched = 0

-    found = []
-    matched = 0
+    found = []
"""
