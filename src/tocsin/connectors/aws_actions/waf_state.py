"""Keeps what the WAF blocks now: IP sets and web ACLs."""

from __future__ import annotations

from typing import Any

from tocsin.connectors.aws_actions.asking import pages, read
from tocsin.connectors.aws_actions.streams import kept_as_json
from tocsin.connectors.aws_actions.waf_block import scope_of, waf_of
from tocsin.domain.acting import Arguments, Collector, Gathered, Play


def _gather(arguments: Arguments) -> Play[tuple[Gathered, ...]]:
    streams: list[Gathered] = []
    for kind in ("IPSet", "WebACL"):
        found = yield from pages(
            read(waf_of(arguments), f"List{kind}s", {f"{kind}s": []}, Scope=scope_of(arguments)), "NextMarker"
        )
        for each in (one for page in found for one in page[f"{kind}s"]):
            answer: Any = yield read(
                waf_of(arguments),
                f"Get{kind}",
                {kind: each},
                Scope=scope_of(arguments),
                Name=each["Name"],
                Id=each["Id"],
            )
            source = str(each.get("ARN", each["Name"]))
            streams.append(kept_as_json(f"{kind.lower()}.json", answer[kind], of=each["Name"], source=source))
    return tuple(streams)


COLLECTORS = (
    Collector(
        name="waf.state",
        summary="Every IP set and web ACL of the WAF as it is now.",
        volatility=3,
        parameters=(),
        options=("scope", "region"),
        gather=_gather,
    ),
)
