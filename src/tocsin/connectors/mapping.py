"""A source's mapping, read from the file intake.yml of a pack, with sample bodies as its tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson

from tocsin.connectors.expressions import MappedWrong, checked, value_of
from tocsin.connectors.hook import KeyedReport, Mapped, NotMapped, keyed
from tocsin.connectors.instant import event_instant
from tocsin.connectors.plain import is_web_link, one_line, paragraphs
from tocsin.domain.pack_file import Located, parse

FIELDS = (
    *("id", "dedup_key", "status", "severity", "title", "description", "labels", "starts_at", "ends_at"),
    "url",
)
OVER = ("resolved", "ok", "closed", "recovered", "recovery", "up", "normal", "success")
LONGEST_LABEL = 512
WITHOUT_STATUS = timedelta(hours=24)
"""How long an alert lives whose source never says that it is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One stored body and what it must give: `gives` holds expected fields, None that it does not map."""

    name: str
    line: int
    body: str
    gives: Mapping[str, str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceMapping:
    """How the bodies of one source are read. `over` and `ignored` are words of the status, lower case."""

    source: str
    path: str
    fields: Mapping[str, str]
    labels: Mapping[str, str]
    over: frozenset[str]
    ignored: frozenset[str] = frozenset()
    samples: tuple[Sample, ...] = ()

    def mapped(self, found: object, now: datetime) -> Mapped:
        """Return what one JSON object says. Raises `NotMapped` for one without a key or a title."""
        if not isinstance(found, dict):
            raise NotMapped(f"{self.path} maps objects of {self.source}, and this is none.")
        values = {name: value_of(expression, found) for name, expression in self.fields.items()}
        status = values.get("status", "").lower()
        delivery = values.get("id", "")
        if status in self.ignored:
            return Mapped(report=None, delivery=f"{delivery}/{status}" if delivery else "")
        is_over = status in self.over
        title = one_line(values.get("title", ""), limit=LONGEST_LABEL)
        key = values.get("dedup_key") or delivery
        for name, value in (("dedup_key", key), ("title", title or ("-" if is_over else ""))):
            if not value:
                raise NotMapped(f"{self.path} finds no {name} in this body of {self.source}.")
        over_at = now if is_over else None
        report = self._report(values, found, key=key, title=title, over_at=over_at, now=now)
        return Mapped(report=report, delivery=f"{delivery}/{status}" if delivery else "")

    def _report(
        self,
        values: Mapping[str, str],
        found: object,
        *,
        key: str,
        title: str,
        over_at: datetime | None,
        now: datetime,
    ) -> KeyedReport:
        labels = {
            name: one_line(value_of(expression, found), limit=LONGEST_LABEL)
            for name, expression in self.labels.items()
        }
        ends_at = event_instant(values["ends_at"]) if values.get("ends_at") else None
        if ends_at is None and "status" not in self.fields:
            ends_at = now + WITHOUT_STATUS
        link = values.get("url", "")
        return keyed(
            key,
            {
                "alertname": title,
                "severity": one_line(values.get("severity", ""), limit=80),
                **labels,
            },
            {
                "summary": title,
                "description": paragraphs(values.get("description", ""), limit=4_000),
            },
            link=link if is_web_link(link) else "",
            begun=event_instant(values["starts_at"]) if values.get("starts_at") else None,
            ended=over_at or ends_at,
        )


def parse_intake(text: str, path: str) -> Mapping[str, SourceMapping]:
    """Read `intake.yml`: mappings by the name of their source. Raises `PackProblem`."""
    root = parse(text, path).mapping(("sources",), required=("sources",))
    return {name.text: _mapping(name, written) for name, written in root["sources"].entries()}


def sample_failures(mapping: SourceMapping, now: datetime) -> tuple[str, ...]:
    """Return a sentence for each sample that does not give what it should."""
    return tuple(
        f"{mapping.path}:{sample.line}: sample {sample.name!r} of {mapping.source}: {fault}"
        for sample in mapping.samples
        for fault in _faults(mapping, sample, now)
    )


def _faults(mapping: SourceMapping, sample: Sample, now: datetime) -> list[str]:
    try:
        mapped = mapping.mapped(orjson.loads(sample.body), now)
    except orjson.JSONDecodeError:
        return ["its body is not JSON."]
    except NotMapped as refused:
        return [] if sample.gives is None else [f"it does not map: {refused.happened}"]
    if sample.gives is None:
        return ["it maps, and was to be set aside."]
    got = shown(mapped, now)
    return [
        f"{name} is {got.get(name, '')!r}, not {wanted!r}."
        for name, wanted in sample.gives.items()
        if got.get(name, "") != wanted
    ]


def shown(mapped: Mapped, now: datetime) -> dict[str, str]:
    """Return what a body gave as plain fields; a status that is ignored gives `status: ignored` alone."""
    if mapped.report is None:
        return {"status": "ignored"}
    report = mapped.report.report
    is_over = report.ends_at is not None and report.ends_at <= now
    return {
        "dedup_key": mapped.report.key,
        "status": "resolved" if is_over else "firing",
        "title": report.annotations.get("summary", ""),
        "description": report.annotations.get("description", ""),
        "url": report.generator_url,
        "starts_at": report.starts_at.isoformat() if report.starts_at else "",
        **{name: value for name, value in report.labels.items() if name != "alertname"},
    }


def _mapping(name: Located, written: Located) -> SourceMapping:
    keys = written.mapping(("fields", "resolved", "ignored", "samples"), required=("fields",))
    fields = keys["fields"].mapping(FIELDS, required=("title",))
    if "dedup_key" not in fields and "id" not in fields:
        raise keys["fields"].problem(
            "there is neither `dedup_key` nor `id`.", "Say what is the same from an alert's start to its end."
        )
    labels = fields["labels"].entries() if "labels" in fields else ()
    return SourceMapping(
        source=name.text,
        path=name.path,
        fields={key: _expression(value) for key, value in fields.items() if key != "labels"},
        labels={label.text: _expression(value) for label, value in labels},
        over=_lower(keys["resolved"]) if "resolved" in keys else frozenset(OVER),
        ignored=_lower(keys["ignored"]) if "ignored" in keys else frozenset(),
        samples=tuple(_sample(each) for each in keys["samples"].sequence()) if "samples" in keys else (),
    )


def _lower(written: Located) -> frozenset[str]:
    return frozenset(word.lower() for word in written.strings())


def _expression(written: Located) -> str:
    try:
        return checked(written.string())
    except MappedWrong as wrong:
        raise written.problem(
            f"this is no expression: {wrong}.",
            "Write `/a/b`, `=text`, `on {/a/b}`, or several with ` | ` between.",
        ) from wrong


def _sample(written: Located) -> Sample:
    keys = written.mapping(("name", "body", "gives"), required=("name", "body", "gives"))
    gives = keys["gives"]
    return Sample(
        name=keys["name"].string(),
        line=written.line,
        body=keys["body"].string(),
        gives=None if gives.is_null else {key.text: value.text for key, value in gives.entries()},
    )
