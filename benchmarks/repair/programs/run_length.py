"""Run-length code of a text and back."""

# ruff: noqa
# mypy: ignore-errors


def encode(text):
    runs = []
    for char in text:
        if runs and runs[-1][0] == char:
            runs[-1][1] += 1
        else:
            runs.append([char, 1])
    return "".join(f"{count}{char}" if count > 1 else char for char, count in runs)


def decode(code):
    result = []
    count = ""
    for char in code:
        if char.isdigit():
            count += char
        else:
            result.append(char * int(count or "1"))
            count = ""
    return "".join(result)


TESTS = r"""
encode("") == ""
encode("aaab") == "3ab"
encode("abc") == "abc"
encode("aabbaa") == "2a2b2a"
decode("3ab") == "aaab"
decode("12x") == "x" * 12
decode("2ab3c") == "aabccc"
decode(encode("wwwwwwwwwwwwbww")) == "wwwwwwwwwwwwbww"
"""

BUGS = r"""
-            count = ""
-    return "".join(result)
+    return "".join(result)

-        if runs and runs[-1][0] == char:
+        if runs and runs[0][0] == char:

-            count += char
+            count = char

-            result.append(char * int(count or "1"))
+            result.append(char * int(count or "0"))
"""
