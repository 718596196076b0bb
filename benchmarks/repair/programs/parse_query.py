"""A query string as a dict of lists."""

# ruff: noqa
# mypy: ignore-errors


def unquote(text):
    parts = text.replace("+", " ").split("%")
    result = parts[0]
    for part in parts[1:]:
        result += chr(int(part[:2], 16)) + part[2:]
    return result


def parse_query(query):
    values = {}
    for pair in query.lstrip("?").split("&"):
        if not pair:
            continue
        key, _, value = pair.partition("=")
        values.setdefault(unquote(key), []).append(unquote(value))
    return values


TESTS = r"""
parse_query("") == {}
parse_query("a=1&b=2") == {"a": ["1"], "b": ["2"]}
parse_query("?a=1") == {"a": ["1"]}
parse_query("a=1&a=2") == {"a": ["1", "2"]}
parse_query("name=J%20S+x") == {"name": ["J S x"]}
parse_query("a&b=") == {"a": [""], "b": [""]}
parse_query("q=a%3Db=c") == {"q": ["a=b=c"]}
"""

BUGS = r"""
-        key, _, value = pair.partition("=")
+        key, _, value = pair.rpartition("=")

-        if not pair:
-            continue
         key, _, value = pair.partition("=")

-        result += chr(int(part[:2], 16)) + part[2:]
+        result += chr(int(part[:2])) + part[2:]

-        result += chr(int(part[:2], 16)) + part[2:]
+        result += chr(int(part[:2], 16))
"""
