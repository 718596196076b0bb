"""Where issues come from: a file, standard input, a quoted text, GitHub, SWE-bench JSON lines. And where patches do.

An issue's text is untrusted: it is data for a model and a ranking, shown through `text.printable`, never run. So is a
patch's, until it runs in a sandbox.
"""

from reasoncli.sources.lists import load_list
from reasoncli.sources.loading import load_issue
from reasoncli.sources.patches import load_patches
from reasoncli.sources.text import printable

__all__ = ["load_issue", "load_list", "load_patches", "printable"]
