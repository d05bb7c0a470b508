"""Says which pages of runbooks are quoted for an incident, and finds what was quoted of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from tocsin.app.settings import Settings
from tocsin.connectors.plain import is_web_link
from tocsin.connectors.runbook_pages.collectors import QUOTE
from tocsin.connectors.runbook_pages.sources import SOURCES, Sources, sources_in
from tocsin.domain.alert import Alert
from tocsin.domain.errors import NotFound
from tocsin.domain.exhibit import Exhibit
from tocsin.domain.ports.keeping import EvidenceLocker
from tocsin.evidence.opening import Start
from tocsin.triage.classify import runbook_url

MOST_PAGES = 8
"""Pages that one incident or one run may have quoted: an alert's author must not make us read a wiki."""
MOST_SHOWN = 4
MOST_BYTES = 16_384


@dataclass(frozen=True, slots=True)
class Quotes:
    """Starts the collector of quotes for pages that are in a source."""

    sources: Sources

    def __call__(self, urls: Iterable[str]) -> tuple[Start, ...]:
        known = [url for url in dict.fromkeys(urls) if self.sources.source_of(url) is not None]
        return tuple(Start(collector=QUOTE, arguments={"url": url}, of=url) for url in known[:MOST_PAGES])


@dataclass(frozen=True, slots=True)
class Linked:
    """A runbook's page that alerts link to; `quotes` are what was read there, with its text."""

    url: str
    quotes: tuple[tuple[Exhibit, str], ...]


def quotes_of(settings: Settings) -> Quotes:
    """Return what starts the collector; without sources it starts nothing. Raises `Misconfigured`."""
    return Quotes(sources_in(settings.text(SOURCES)))


def linked_pages(
    locker: EvidenceLocker, alerts: Iterable[Alert], exhibits: Sequence[Exhibit], more: Iterable[str] = ()
) -> tuple[Linked, ...]:
    """Return the pages of an incident's runbooks: those of its alerts, of steps (`more`), and the quoted."""
    quoted = [each for each in exhibits if each.covers == QUOTE]
    urls = (*(runbook_url(alert) for alert in alerts), *more, *(each.of for each in quoted))
    found = tuple(url for url in dict.fromkeys(urls) if is_web_link(url))[:MOST_SHOWN]
    return tuple(
        Linked(url, tuple((each, _text_of(locker, each)) for each in quoted if each.of == url))
        for url in found
    )


def _text_of(locker: EvidenceLocker, exhibit: Exhibit) -> str:
    """Return the quote, empty where the bytes are not what was kept; the exhibit's page says so then."""
    try:
        with locker.open(exhibit.digest) as content:
            kept = content.read(MOST_BYTES)
    except NotFound:
        return ""
    return kept.decode("utf-8", "replace") if sha256(kept).hexdigest() == exhibit.digest else ""
