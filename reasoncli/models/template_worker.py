"""Renders chat templates in a process of its own, which has little and can be killed.

A template comes with the model file and is untrusted. Jinja's sandbox keeps it from reaching Python,
but not from taking time and memory; this process has a limit to its memory and processor time, an
empty environment, and a parent (`chat_template.py`) that ends it when it takes too long.

Run as a script: the first line of standard input is a JSON list for `sys.path`, every further line
a request `{"template", "renderings": [variables, ...], "seconds"}`, answered by one line
`{"texts": [...]}`, `{"refused": text}` if the template raised an error of its own, or `{"error": text}`.
"""

from __future__ import annotations

import contextlib
import json
import math
import resource
import sys
import time
from datetime import datetime
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from jinja2 import Environment

_MEMORY = 1 << 30
_MAX_TEXT = 32 << 20


def _limit(kind: int, value: int) -> None:
    """Lower or raise a soft limit, as far as the hard one and the system allow (macOS has no RLIMIT_AS)."""
    _, hard = resource.getrlimit(kind)
    with contextlib.suppress(ValueError):
        resource.setrlimit(kind, (value if hard == resource.RLIM_INFINITY else min(value, hard), hard))


def _environment(refusal: type[Exception]) -> Environment:
    from jinja2 import nodes
    from jinja2.ext import Extension
    from jinja2.parser import Parser
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class Generation(Extension):
        """`{% generation %}` marks what the assistant wrote; for rendering it means nothing."""

        tags = {"generation"}  # noqa: RUF012  (the base class declares it so)

        def parse(self, parser: Parser) -> list[nodes.Node]:
            next(parser.stream)
            return parser.parse_statements(("name:endgeneration",), drop_needle=True)

    def raise_exception(message: object) -> NoReturn:
        raise refusal(str(message)[:2_000])

    def tojson(value: object, indent: int | None = None, **_: object) -> str:
        return json.dumps(value, ensure_ascii=False, indent=indent)

    def strftime_now(form: str) -> str:
        return datetime.now().strftime(form)  # the user's own day is what templates ask for

    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols", Generation]
    )
    environment.filters["tojson"] = tojson
    environment.globals.update(raise_exception=raise_exception, strftime_now=strftime_now)
    return environment


def _answer(environment: Environment, refusal: type[Exception], request: dict[str, Any]) -> dict[str, Any]:
    try:
        template = environment.from_string(request["template"])
        texts = [template.render(variables) for variables in request["renderings"]]
    except refusal as error:
        return {"refused": str(error)}
    except MemoryError:
        return {"error": f"it took more than {_MEMORY >> 20} MiB of memory"}
    except RecursionError:
        return {"error": "it calls itself without end"}
    # Whatever else a hostile template provokes is an answer too: this process must not die of it.
    except Exception as error:  # noqa: BLE001
        return {"error": f"{type(error).__name__}: {error}"[:2_000]}
    if sum(map(len, texts)) > _MAX_TEXT:
        return {"error": f"it made a text of more than {_MAX_TEXT >> 20} MiB"}
    return {"texts": texts}


def main() -> None:
    """Answer requests until standard input ends."""
    sys.path[:] = json.loads(sys.stdin.readline())

    class RefusedError(Exception):
        """The template raised an error on purpose."""

    environment = _environment(RefusedError)
    _limit(resource.RLIMIT_AS, _MEMORY)
    _limit(resource.RLIMIT_CORE, 0)
    for line in sys.stdin:
        request = json.loads(line)
        # The parent's clock is stricter; this one is for when the parent was killed.
        _limit(resource.RLIMIT_CPU, math.ceil(time.process_time() + request["seconds"]) + 1)
        sys.stdout.write(json.dumps(_answer(environment, RefusedError, request)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
