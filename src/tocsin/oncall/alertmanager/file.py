"""Read a whole `alertmanager.yml`, as strictly as `amtool check-config`, into what the engines work with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from tocsin.domain.inhibition import InhibitRule
from tocsin.domain.notification import Integration
from tocsin.domain.pack_file import Located
from tocsin.oncall.alertmanager.document import read_document
from tocsin.oncall.alertmanager.effective import written_out
from tocsin.oncall.alertmanager.fields import Field, free, sequence, settings, shown, text, texts
from tocsin.oncall.alertmanager.filling import GLOBAL_DEFAULTS, at_most_one, filled
from tocsin.oncall.alertmanager.interval_texts import read_intervals
from tocsin.oncall.alertmanager.intervals import Interval
from tocsin.oncall.alertmanager.kinds import GLOBAL, KINDS, fields_of
from tocsin.oncall.alertmanager.route_texts import Known, read_rule, read_tree
from tocsin.oncall.alertmanager.routes import Route
from tocsin.oncall.alertmanager.template_shipped import SHIPPED
from tocsin.oncall.alertmanager.templates import Library, faults_in

RESOLVE_TIMEOUT = timedelta(minutes=5)
_SUFFIX = "_configs"
_TOP = (
    "global",
    "route",
    "receivers",
    "inhibit_rules",
    "time_intervals",
    "mute_time_intervals",
    "templates",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """Something that works otherwise here than in Alertmanager; `place` is `path:line:column`."""

    place: str
    text: str

    def __str__(self) -> str:
        return f"{self.place}: {self.text}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """An `alertmanager.yml` in force.

    `receivers` holds every receiver by its name, in the file's order, also those without integrations.
    `intervals` are the time intervals by name, whichever key they stood under. `templates` are the globs as
    written. `original` is the effective file as YAML with `<secret>` in the place of every secret.
    """

    path: str
    root: Route
    receivers: Mapping[str, tuple[Integration, ...]]
    inhibit_rules: tuple[InhibitRule, ...]
    intervals: Mapping[str, tuple[Interval, ...]]
    resolve_timeout: timedelta
    templates: tuple[str, ...]
    original: str
    warnings: tuple[Remark, ...]


def parse_alertmanager(written: str, path: str) -> Configuration:
    """Read the text of an `alertmanager.yml` of Alertmanager 0.25 to 0.28.

    `path` is only named in problems. Raises `PackProblem` with the place of the first thing that is wrong.
    """
    document = read_document(written, path)
    found = document.mapping(_TOP)
    globals_ = _globals(found.get("global"))
    templates = texts(found["templates"]) if "templates" in found else ()
    receivers = _receivers(found, globals_, None if templates else SHIPPED)
    intervals = _intervals(found)
    if "route" not in found or found["route"].is_null:
        raise document.problem("there is no route.", "Add `route:` with at least a receiver.")
    known = Known(receivers=frozenset(receivers), intervals=frozenset(intervals))
    rules = sequence(found["inhibit_rules"]) if "inhibit_rules" in found else ()
    return Configuration(
        path=path,
        root=read_tree(found["route"], known),
        receivers={name: integrations for name, (integrations, _) in receivers.items()},
        inhibit_rules=tuple(read_rule(each, at) for at, each in enumerate(rules, start=1)),
        intervals=intervals,
        resolve_timeout=globals_["resolve_timeout"],
        templates=templates,
        original=_original(found, globals_, {name: each for name, (each, _) in receivers.items()}),
        warnings=tuple(remark for _, remarks in receivers.values() for remark in remarks),
    )


def _globals(written: Located | None) -> dict[str, Any]:
    own = {} if written is None or written.is_null else settings(written, GLOBAL)
    if written is not None:
        at_most_one(own, written)
    return {"resolve_timeout": RESOLVE_TIMEOUT, **GLOBAL_DEFAULTS, **own}


_Receivers = dict[str, tuple[tuple[Integration, ...], tuple[Remark, ...]]]


def _receivers(
    found: Mapping[str, Located], globals_: Mapping[str, Any], library: Library | None
) -> _Receivers:
    receivers: _Receivers = {}
    for written in sequence(found["receivers"]) if "receivers" in found else ():
        keys = written.mapping(("name", *(kind + _SUFFIX for kind in KINDS)))
        name = _name(written, keys)
        if name in receivers:
            raise keys["name"].problem(f"the receiver `{name}` is defined twice.", "Rename one of the two.")
        integrations: list[Integration] = []
        remarks: list[Remark] = []
        for key, members in keys.items():
            kind = key.removesuffix(_SUFFIX)
            for number, member in enumerate(sequence(members) if key != "name" else ()):
                integrations.append(_integration(name, kind, number, member, globals_))
                remarks += _remarks(integrations[-1], member, library)
        receivers[name] = tuple(integrations), tuple(remarks)
    return receivers


def _name(written: Located, keys: Mapping[str, Located]) -> str:
    name = text(keys["name"]) if "name" in keys else ""
    if not name:
        raise written.problem("the name is missing.", "Add `name:`.")
    return name


def _integration(
    receiver: str, kind: str, number: int, written: Located, globals_: Mapping[str, Any]
) -> Integration:
    own = settings(written, fields_of(kind))
    return Integration(
        receiver=receiver,
        kind=kind,
        number=number,
        send_resolved=own.get("send_resolved", KINDS[kind].send_resolved),
        settings=filled(kind, own, globals_, written),
    )


def _remarks(integration: Integration, written: Located, library: Library | None) -> tuple[Remark, ...]:
    """Return what is otherwise here: the kind's own remark, and texts that can never be rendered.

    Without a library (the file names template files) only syntax and functions are looked at.
    """
    place = f"{written.path}:{written.line}:{written.column}"
    remark = KINDS[integration.kind].remark
    remarks = [f"{integration.kind}: {remark}"] if remark else []
    for key, value in integration.settings.items():
        for spoken in _texts_of(value):
            faults = faults_in(spoken, library, name=f"{integration.kind}_configs.{key}")
            remarks += [f"this cannot be rendered, the shipped text is sent: {each}" for each in faults]
    return tuple(Remark(place=place, text=each) for each in remarks)


def _texts_of(value: Any) -> Iterator[str]:
    """Yield every text with a template in a setting, lists and mappings included."""
    if isinstance(value, str):
        if "{{" in value:
            yield value
    elif isinstance(value, Mapping | tuple):
        for each in value.values() if isinstance(value, Mapping) else value:
            yield from _texts_of(each)


def _intervals(found: Mapping[str, Located]) -> dict[str, tuple[Interval, ...]]:
    intervals: dict[str, tuple[Interval, ...]] = {}
    for key in ("mute_time_intervals", "time_intervals"):
        for written in sequence(found[key]) if key in found else ():
            keys = written.mapping(("name", "time_intervals"))
            name = _name(written, keys)
            if name in intervals:
                raise keys["name"].problem(f"the time interval `{name}` is defined twice.", "Rename one.")
            intervals[name] = read_intervals(keys["time_intervals"]) if "time_intervals" in keys else ()
    return intervals


def _original(
    found: Mapping[str, Located],
    globals_: Mapping[str, Any],
    receivers: Mapping[str, tuple[Integration, ...]],
) -> str:
    """Write the effective file: route, rules and intervals as written, the rest with what it inherits."""
    parts: dict[str, Any] = {"global": _open(globals_, GLOBAL)}
    for name in ("route", "inhibit_rules"):
        parts[name] = free(found[name]) if name in found else None
    parts["receivers"] = [{"name": name, **_shown(each)} for name, each in receivers.items()]
    for name in ("templates", "mute_time_intervals", "time_intervals"):
        parts[name] = free(found[name]) if name in found else None
    return written_out({name: part for name, part in parts.items() if part is not None})


def _open(values: Mapping[str, Any], fields: Mapping[str, Field]) -> dict[str, Any]:
    return {name: shown(value, fields[name]) for name, value in values.items()}


def _shown(integrations: tuple[Integration, ...]) -> dict[str, list[dict[str, Any]]]:
    lists: dict[str, list[dict[str, Any]]] = {}
    for each in integrations:
        settings_ = _open(each.settings, fields_of(each.kind))
        lists.setdefault(f"{each.kind}{_SUFFIX}", []).append(
            {"send_resolved": each.send_resolved, **settings_}
        )
    return lists
