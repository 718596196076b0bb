"""Decodes the bencode format: integers, strings, lists and dicts."""

# ruff: noqa
# mypy: ignore-errors


def decode(data, at=0):
    kind = data[at]
    if kind == "i":
        end = data.index("e", at)
        return int(data[at + 1 : end]), end + 1
    if kind == "l":
        items = []
        at += 1
        while data[at] != "e":
            item, at = decode(data, at)
            items.append(item)
        return items, at + 1
    if kind == "d":
        result = {}
        at += 1
        while data[at] != "e":
            key, at = decode(data, at)
            result[key], at = decode(data, at)
        return result, at + 1
    colon = data.index(":", at)
    end = colon + 1 + int(data[at:colon])
    return data[colon + 1 : end], end


TESTS = r"""
decode("i42e") == (42, 4)
decode("i-3e")[0] == -3
decode("4:spam") == ("spam", 6)
decode("le") == ([], 2)
decode("l4:spami7ee")[0] == ["spam", 7]
decode("d3:cow3:moo4:listli1ei2eee")[0] == {"cow": "moo", "list": [1, 2]}
decode("0:") == ("", 2)
decode("ll1:aei5ee")[0] == [["a"], 5]
"""

BUGS = r"""
-        return items, at + 1
+        return items, at

-        return int(data[at + 1 : end]), end + 1
+        return int(data[at + 1 : end]), end

-        end = data.index("e", at)
+        end = data.index("e")

-    end = colon + 1 + int(data[at:colon])
+    end = colon + int(data[at:colon])
"""
