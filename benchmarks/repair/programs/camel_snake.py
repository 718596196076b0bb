"""Names between camelCase and snake_case."""

# ruff: noqa
# mypy: ignore-errors


def to_snake(name):
    parts = []
    for i, char in enumerate(name):
        if char.isupper():
            if i > 0 and not name[i - 1].isupper():
                parts.append("_")
            parts.append(char.lower())
        else:
            parts.append(char)
    return "".join(parts)


def to_camel(name):
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


TESTS = r"""
to_snake("userName") == "user_name"
to_snake("UserName") == "user_name"
to_snake("plain") == "plain"
to_snake("parseURL") == "parse_url"
to_camel("user_name") == "userName"
to_camel("a_b_c") == "aBC"
to_camel("plain") == "plain"
"""

BUGS = r"""
-            if i > 0 and not name[i - 1].isupper():
+            if not name[i - 1].isupper():

-            if i > 0 and not name[i - 1].isupper():
+            if i > 0:

-            parts.append(char.lower())
+            parts.append(char)

-    return first + "".join(word.capitalize() for word in rest)
+    return first + "_".join(word.capitalize() for word in rest)
"""
