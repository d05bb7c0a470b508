"""Makes the anchors that are set up."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tocsin.connectors.catalogue import load
from tocsin.domain.clock import Clock
from tocsin.domain.errors import Misconfigured
from tocsin.domain.ports.anchoring import Anchor

_BUCKET = "tocsin.connectors.anchors.locked_bucket:make"
_STAMP = "tocsin.connectors.anchors.time_stamp:make"


def build(values: Mapping[str, str], clock: Clock) -> tuple[Anchor, ...]:
    """Return the anchors; the libraries of one are needed only where it is set. Raises `Misconfigured`."""
    anchors: list[Anchor] = []
    if bucket := values["TOCSIN_ANCHOR_BUCKET"]:
        days = int(values["TOCSIN_ANCHOR_RETAIN_DAYS"])
        place = (values["TOCSIN_AWS_REGION"], values["TOCSIN_AWS_URL"])
        anchors.append(load(_BUCKET)(bucket, days, *place, clock))
    if url := values["TOCSIN_TSA_URL"]:
        anchors.append(load(_STAMP)(url, _certificates(values["TOCSIN_TSA_CERTIFICATES"])))
    return tuple(anchors)


def _certificates(path: str) -> bytes:
    try:
        return Path(path).expanduser().read_bytes()
    except OSError as error:
        raise Misconfigured(
            f"TOCSIN_TSA_CERTIFICATES names {path or 'no file'}, which cannot be read.",
            means="No time stamp could be checked, so none is asked for.",
            next_step="Name a file with the authority's root certificate in PEM.",
        ) from error
