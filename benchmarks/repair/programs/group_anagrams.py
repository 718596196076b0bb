"""Groups words with the same letters, in order of appearance."""

# ruff: noqa
# mypy: ignore-errors


def group_anagrams(words):
    groups = {}
    for word in words:
        letters = "".join(sorted(word.lower()))
        groups.setdefault(letters, []).append(word)
    return [sorted(group) for group in groups.values() if len(group) > 1]


TESTS = r"""
group_anagrams([]) == []
group_anagrams(["tea", "eat", "bun"]) == [["eat", "tea"]]
group_anagrams(["Tea", "ate"]) == [["Tea", "ate"]]
group_anagrams(["ab", "ba", "abc", "cab"]) == [["ab", "ba"], ["abc", "cab"]]
group_anagrams(["aab", "ab"]) == []
group_anagrams(["nub", "bun", "one", "neo", "two"]) == [["bun", "nub"], ["neo", "one"]]
group_anagrams(["x", "x"]) == [["x", "x"]]
"""

BUGS = r"""
-        letters = "".join(sorted(word.lower()))
+        letters = "".join(sorted(set(word.lower())))

-        letters = "".join(sorted(word.lower()))
+        letters = "".join(sorted(word))

-        groups.setdefault(letters, []).append(word)
+        groups[letters] = [word]

-    return [sorted(group) for group in groups.values() if len(group) > 1]
+    return [sorted(group) for group in groups.values()]
"""
