"""Splits a CSV line, with quoted fields and doubled quotes."""

# ruff: noqa
# mypy: ignore-errors


def parse_csv_line(line, separator=","):
    fields = []
    field = ""
    quoted = False
    i = 0
    while i < len(line):
        char = line[i]
        if quoted:
            if char == '"' and line[i + 1 : i + 2] == '"':
                field += '"'
                i += 1
            elif char == '"':
                quoted = False
            else:
                field += char
        elif char == '"':
            quoted = True
        elif char == separator:
            fields.append(field)
            field = ""
        else:
            field += char
        i += 1
    fields.append(field)
    return fields


TESTS = r"""
parse_csv_line("a,b,c") == ["a", "b", "c"]
parse_csv_line("") == [""]
parse_csv_line('"a,b",c') == ["a,b", "c"]
parse_csv_line('"a ""b"" c",x') == ['a "b" c', 'x']
parse_csv_line("a,,b") == ["a", "", "b"]
parse_csv_line("a;b", ";") == ["a", "b"]
parse_csv_line("a,") == ["a", ""]
"""

BUGS = r"""
-    fields.append(field)
     return fields

-            fields.append(field)
-            field = ""
+            fields.append(field)

-                field += '"'
-                i += 1
+                field += '"'

-        elif char == separator:
+        elif char == ",":
"""
