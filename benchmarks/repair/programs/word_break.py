"""All ways to cut a text into words of a list."""

# ruff: noqa
# mypy: ignore-errors


def word_break(text, words):
    ways = [[""]] + [[] for _ in text]
    for end in range(1, len(text) + 1):
        for word in words:
            start = end - len(word)
            if start >= 0 and text[start:end] == word:
                for before in ways[start]:
                    ways[end].append(f"{before} {word}".strip())
    return sorted(ways[len(text)])


TESTS = r"""
word_break("", ["a"]) == [""]
word_break("catdog", ["cat", "dog"]) == ["cat dog"]
word_break("catsand", ["cat", "cats", "and", "sand"]) == ["cat sand", "cats and"]
word_break("abc", ["ab"]) == []
word_break("aaa", ["a", "aa"]) == ["a a a", "a aa", "aa a"]
word_break("a", ["a"]) == ["a"]
word_break("xab", ["ab"]) == []
"""

BUGS = r"""
-    for end in range(1, len(text) + 1):
+    for end in range(1, len(text)):

-            if start >= 0 and text[start:end] == word:
+            if start > 0 and text[start:end] == word:

-                for before in ways[start]:
+                for before in ways[start - 1]:

-    ways = [[""]] + [[] for _ in text]
+    ways = [[]] + [[] for _ in text]
"""
