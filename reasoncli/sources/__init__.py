"""Where issues come from: a file, standard input, a quoted text, GitHub through `gh`, SWE-bench JSON lines.

An issue's text is untrusted: it is data for a model and a ranking, shown through `text.printable`, never run.
"""

from reasoncli.sources.loading import load_issue
from reasoncli.sources.text import printable

__all__ = ["load_issue", "printable"]
