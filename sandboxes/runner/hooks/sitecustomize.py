"""Gives way to the sitecustomize that would have run, then arms the reporting hooks in every Python of the command.

Costs two dictionary look-ups in a process that isn't reported on.
"""

import os
import sys


def _give_way():
    """Import the sitecustomize that this file hides, if there is one."""
    here = os.path.dirname(os.path.abspath(__file__))
    mine = sys.modules.pop("sitecustomize", None)
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or ".") != here]
    try:
        import sitecustomize  # noqa: F401 - imported for its effects, as site does
    except ImportError as error:
        if getattr(error, "name", None) not in (None, "sitecustomize"):
            raise
    finally:
        sys.path.insert(0, here)
        if mine is not None:
            sys.modules.setdefault("sitecustomize", mine)


def _arm():
    if "REASONCLI_HOOKS" in os.environ:
        import reasoncli_unittest

        reasoncli_unittest.arm()
        import reasoncli_report

        config = reasoncli_report.peek()
        if config and config["watched"]:
            import reasoncli_behaviour

            reasoncli_behaviour.arm(config)


_give_way()
_arm()
