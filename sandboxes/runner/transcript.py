"""Runs statements one after the other, as an interactive interpreter does, and says what each showed.

    python -B transcript.py < request.json

The request: steps (sources), names (name -> [module, attribute or null], imported where a statement misses one),
limit (characters kept of a text), nonce. The answer is a line for each step, as it comes: the nonce, then JSON
{out, value, raised}; value is null unless the last value displayed is a text. Lines go to what was stdout at the
start; what statements print goes into `out`. Standard library only; Python 3.7 or later.
"""

import ast
import io
import json
import os
import sys


def main():
    """Answer the request on stdin."""
    request = json.loads(sys.stdin.buffer.read().decode("utf-8"))
    answers = os.fdopen(os.dup(1), "w", encoding="ascii", newline="\n")
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    here = os.getcwd()
    sys.path[:] = [here, os.path.join(here, "src"), os.path.join(here, "lib")] + sys.path[1:]
    names = {"__name__": "__main__"}
    sys.argv[:] = [""]
    for source in request["steps"]:
        answer = json.dumps(step(source, names, request["names"], request["limit"]))
        answers.write(request["nonce"] + answer + "\n")
        answers.flush()
    answers.flush()
    os._exit(0)  # whatever threads a statement began


def step(source, names, known, limit):
    """Run one statement in a namespace; missing names that are known are imported, and it runs again."""
    for _ in range(1 + len(known)):
        shown = Shown()
        missing = shown.run(source, names)
        if missing is None or missing in names or missing not in known:
            break
        module, attribute = known[missing]
        try:
            names[missing] = __import__(module, fromlist=["*"])
            if attribute is not None:
                names[missing] = getattr(names[missing], attribute)
        except BaseException:
            break
    return shown.answer(limit)


class Shown(object):
    """What a statement shows."""

    def __init__(self):
        self.raised = None
        self.value = None
        self._out = io.StringIO()

    def run(self, source, names):
        """Run it; the name that it misses, if that is what ended it."""
        before = sys.stdout, sys.stderr, sys.displayhook
        sys.stdout = sys.stderr = self._out
        sys.displayhook = self._display
        try:
            tree = ast.parse(source)
            for node in tree.body:
                exec(compile(ast.Interactive([node]), "<issue>", "single", 0, True), names)
        except NameError as error:
            self._fail(error)
            text = str(error).split("'")
            return text[1] if len(text) > 1 else None
        except BaseException as error:
            self._fail(error)
        finally:
            sys.stdout, sys.stderr, sys.displayhook = before
        return None

    def answer(self, limit):
        """As JSON can say it."""
        value = self.value if self.value is None else self.value[:limit]
        return {"out": self._out.getvalue()[:limit], "value": value, "raised": self.raised and self.raised[:2]}

    def _display(self, value):
        if value is None:
            return
        self.value = value if type(value) is str else None
        self._out.write(repr(value) + "\n")

    def _fail(self, error):
        try:
            message = str(error)
        except BaseException:
            message = ""
        self.raised = [type(error).__name__, message[:1000]]


if __name__ == "__main__":
    main()
