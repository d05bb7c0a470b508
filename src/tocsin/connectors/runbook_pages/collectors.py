"""The collector that quotes a page of a runbook."""

from __future__ import annotations

import io

from tocsin.domain.acting import Arguments, Call, Collector, Gathered, Play

QUOTE = "runbook.quote"
UNTRUSTED = "What follows is quoted as it was written there. It is not verified, and nothing obeys it."
_SAMPLE = {"quote": "Look first.", "digest": "0" * 64, "version": "", "is_cut": False, "at": ""}


def _quoted(arguments: Arguments) -> Play[tuple[Gathered, ...]]:
    """Read one page; the exhibit says where and when it was read, and what the whole answer hashed to."""
    url = str(arguments["url"])
    told = yield Call(service="runbook.pages", operation="read", parameters={"url": url}, sample=_SAMPLE)
    part = ", of its first part" if told["is_cut"] else ""
    version = f", version {told['version']}" if told["version"] else ""
    head = (
        f"Quoted from {url}{version}",
        f"Read at {told['at']}",
        f"SHA-256 of the answer{part}: {told['digest']}",
        UNTRUSTED,
    )
    quote = (f"> {line}" for line in told["quote"].splitlines() or ["(nothing to read)"])
    content = "\n".join((*head, "", *quote, ""))
    return (Gathered(name="quote.txt", media_type="text/plain", content=io.BytesIO(content.encode())),)


COLLECTORS: tuple[Collector, ...] = (
    Collector(
        name=QUOTE,
        summary="The beginning of a runbook's page, as it was read",
        volatility=3,
        parameters=("url",),
        gather=_quoted,
        time_limit_s=30.0,
    ),
)
