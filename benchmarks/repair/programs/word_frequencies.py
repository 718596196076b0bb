"""The most frequent words of a text, ties by the alphabet."""

# ruff: noqa
# mypy: ignore-errors

import re


def word_frequencies(text, top=3):
    counts = {}
    for word in re.findall(r"[a-z']+", text.lower()):
        counts[word] = counts.get(word, 0) + 1
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ranked[:top]


TESTS = r"""
word_frequencies("") == []
word_frequencies("b a b") == [("b", 2), ("a", 1)]
word_frequencies("The the THE cat") == [("the", 3), ("cat", 1)]
word_frequencies("d c b a") == [("a", 1), ("b", 1), ("c", 1)]
word_frequencies("it's its it's", 1) == [("it's", 2)]
word_frequencies("x, y; x! z?", 2) == [("x", 2), ("y", 1)]
word_frequencies("one two two three three three", 2) == [("three", 3), ("two", 2)]
"""

BUGS = r"""
-    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
+    ranked = sorted(counts.items(), key=lambda item: (item[1], item[0]))

-    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
+    ranked = sorted(counts.items(), key=lambda item: -item[1])

-        counts[word] = counts.get(word, 0) + 1
+        counts[word] = counts.get(word, 1) + 1

-    for word in re.findall(r"[a-z']+", text.lower()):
+    for word in re.findall(r"[a-z']+", text):
"""
