"""Makes a Unix path short."""

# ruff: noqa
# mypy: ignore-errors


def simplify_path(path):
    parts = []
    for part in path.split("/"):
        if part in ("", "."):
            continue
        if part == "..":
            if parts and parts[-1] != "..":
                parts.pop()
            elif not path.startswith("/"):
                parts.append(part)
        else:
            parts.append(part)
    joined = "/".join(parts)
    if path.startswith("/"):
        return "/" + joined
    return joined or "."


TESTS = r"""
simplify_path("/") == "/"
simplify_path("/a/./b/../c/") == "/a/c"
simplify_path("a//b") == "a/b"
simplify_path("../a") == "../a"
simplify_path("/../a") == "/a"
simplify_path("a/..") == "."
simplify_path("../../x") == "../../x"
simplify_path("a/../../b") == "../b"
"""

BUGS = r"""
-        if part in ("", "."):
+        if part == ".":

-            if parts and parts[-1] != "..":
+            if parts:

-            elif not path.startswith("/"):
-                parts.append(part)
         else:

-    return joined or "."
+    return joined
"""
