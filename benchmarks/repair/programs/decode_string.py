"""Expands repeats such as 3[ab2[c]]."""

# ruff: noqa
# mypy: ignore-errors


def decode_string(code):
    stack = []
    text = ""
    count = 0
    for char in code:
        if char.isdigit():
            count = count * 10 + int(char)
        elif char == "[":
            stack.append((text, count))
            text, count = "", 0
        elif char == "]":
            before, times = stack.pop()
            text = before + text * times
        else:
            text += char
    return text


TESTS = r"""
decode_string("") == ""
decode_string("abc") == "abc"
decode_string("3[a]2[bc]") == "aaabcbc"
decode_string("3[a2[c]]") == "accaccacc"
decode_string("12[x]") == "x" * 12
decode_string("a2[b]c") == "abbc"
decode_string("2[2[y]z]") == "yyzyyz"
"""

BUGS = r"""
-            count = count * 10 + int(char)
+            count = int(char)

-            text, count = "", 0
+            text = ""

-            text = before + text * times
+            text = text * times

-            text = before + text * times
+            text = (before + text) * times
"""
