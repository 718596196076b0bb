"""What a server's refusal means: to be tried again, to be asked differently, or the end."""

from __future__ import annotations

import email.utils
import json
import re
import time
from collections.abc import Collection, Mapping
from typing import Any, Final

from reasoncli.errors import EndpointError

_CONTEXT: Final = re.compile(
    r"context[ _](?:length|size|window)|maximum context|max_model_len|max_(?:prompt|input)_(?:tokens|length)"
    r"|prompt is too long|exceeds? (?:the )?(?:available|maximum) (?:context|number of tokens)"
    r"|(?:prompt|input)[^.]{0,60}(?:too long|longer than)",
    re.I,
)
_CONTEXT_CODES: Final = frozenset({"context_length_exceeded", "exceed_context_size_error"})
_RETRIED: Final = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 520, 522, 524, 529})
_SPENT: Final = frozenset({"insufficient_quota", "billing_hard_limit_reached"})


def is_overflow(error: Mapping[str, Any]) -> bool:
    """Whether an error body says that the prompt is longer than the context.

    vLLM, SGLang and llama-cpp-python say so in the message, OpenAI in `code`, llama-server in `type`.
    """
    return bool({error.get("code"), error.get("type")} & _CONTEXT_CODES) or bool(
        _CONTEXT.search(str(error.get("message", "")))
    )


def is_temporary(status: int, error: Mapping[str, Any]) -> bool:
    """Whether the same request may succeed a little later."""
    return status in _RETRIED and not is_overflow(error) and error.get("code") not in _SPENT


def unwanted_fields(
    status: int, error: Mapping[str, Any], extras: Collection[str], standard: Collection[str]
) -> frozenset[str]:
    """Fields of a request that the server refused: those its error names, else all extras.

    Only by name are standard fields given up, and anything after a server error (500), which is more
    likely to be a fault of its own.

    Args:
        status: of the reply.
        error: its error object.
        extras: fields that were sent and that not every server knows.
        standard: fields that were sent and that some models of well-known servers refuse.
    """
    if is_overflow(error) or status not in (400, 422, 500, 501):
        return frozenset()
    text = f"{error.get('param') or ''} {error.get('message') or ''}"
    named = frozenset(name for name in (*extras, *standard) if re.search(rf"(?<![\w'-]){name}(?![\w-])|'{name}'", text))
    return named if named or status in (500, 501) else frozenset(extras)


def retry_after(value: str | None) -> float | None:
    """Seconds that a `Retry-After` header asks for, given as a number or a date."""
    if not value:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        moment = email.utils.parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, moment.timestamp() - time.time())


def error_body(text: str) -> dict[str, Any]:
    """The error object in a reply's text; servers wrap it differently, proxies send HTML."""
    try:
        body = json.loads(text)
    except ValueError:
        return {"message": re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", text)).strip()[:300]}
    if isinstance(body, dict):
        inner = body.get("error", body.get("detail", body))
        if isinstance(inner, dict):
            return {**inner, "message": str(inner.get("message", ""))[:1_000]}
        return {"message": str(inner)[:1_000]}
    return {"message": str(body)[:1_000]}


def refusal(url: str, status: int, error: Mapping[str, Any], *, has_key: bool, location: str = "") -> EndpointError:
    """The error a user sees for a reply that is neither a success nor to be tried again."""
    message = str(error.get("message", "")).strip()
    said = f": {message}" if message else ""
    if is_overflow(error):
        return EndpointError(
            f"the prompt doesn't fit the context of the model at {url}{said}",
            hint="Serve the model with a larger context, or give its size with --context.",
        )
    if status in (401, 403):
        return EndpointError(
            f"{url} {'refuses the key' if has_key else 'wants a key'} ({status}){said}",
            hint="Set the environment variable REASONCLI_API_KEY to a key that is valid there.",
        )
    if status == 404:
        return EndpointError(
            f"{url} knows no such model or path (404){said}",
            hint="The address usually ends with /v1; name the model after a #: http://host/v1#model.",
        )
    if 300 <= status < 400:
        return EndpointError(
            f"{url} redirects{f' to {location}' if location else ''}",
            hint="Name that address; redirects are not followed, so that a key goes nowhere else.",
        )
    if status == 429:
        return EndpointError(
            f"{url} accepts no more requests (429){said}", hint="Wait, use fewer samples, or raise the account's limit."
        )
    return EndpointError(f"{url} answered {status}{said}", hint="The server's own log may say more.")
