"""Read the triage policy: which alerts are of which type and severity, and how they are grouped."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from tocsin.domain.matchers import Matcher, read_matcher
from tocsin.domain.pack_file import Located, parse
from tocsin.domain.severity import Severity
from tocsin.triage.severities import read_severity

UNKNOWN = "unknown"
_OTHER_READERS = ("clocks", "calendar")
"""Sections of the same file that the incidents engine reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupBy:
    """What alerts of one incident have in common: for each part, the first present of some labels."""

    parts: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TypePolicy:
    """How incidents of one type behave; `group_by` None leaves it to the default.

    `only_people_close` says that no token, no integration and not Tocsin itself may end such an incident.
    """

    name: str
    resolve_when_quiet: bool
    group_by: GroupBy | None = None
    only_people_close: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The severity that a rule gives; None is informational."""

    severity: Severity | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule: when source (None: any) and all matchers fit, it gives a type, a severity, or both."""

    name: str
    line: int
    source: Matcher | None
    matchers: tuple[Matcher, ...]
    type: str | None
    verdict: Verdict | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TriagePolicy:
    """A triage policy file, checked."""

    path: str
    default_severity: Severity
    group_by: GroupBy
    group_by_of_source: Mapping[str, GroupBy]
    services_from: tuple[str, ...]
    types: Mapping[str, TypePolicy]
    rules: tuple[Rule, ...]

    def type_policy(self, name: str) -> TypePolicy:
        """Return the policy of a type; one no longer in the file stays open until a person decides."""
        return self.types.get(name) or TypePolicy(name=name, resolve_when_quiet=False)


def parse_policy(text: str, path: str) -> TriagePolicy:
    """Read `triage.yml`. Raises `PackProblem`."""
    root = parse(text, path).mapping(
        ("defaults", "types", "rules", *_OTHER_READERS), required=("defaults", "types", "rules")
    )
    defaults = root["defaults"].mapping(
        ("severity", "group_by", "group_by_source", "services_from"),
        required=("severity", "group_by", "services_from"),
    )
    types = {name.text: _type_policy(name.text, keys) for name, keys in root["types"].entries()}
    if UNKNOWN not in types:
        raise root["types"].problem(
            "the type `unknown` is missing.", "Add it; alerts no rule fits need a type."
        )
    by_source = defaults["group_by_source"].entries() if "group_by_source" in defaults else ()
    return TriagePolicy(
        path=path,
        default_severity=_default_severity(defaults["severity"]),
        group_by=_group_by(defaults["group_by"]),
        group_by_of_source={name.text: _group_by(written) for name, written in by_source},
        services_from=defaults["services_from"].strings(),
        types=types,
        rules=tuple(_rule(written, types) for written in root["rules"].sequence()),
    )


def _default_severity(written: Located) -> Severity:
    severity = read_severity(written)
    if severity is None:
        raise written.problem(
            "the default severity is none.", "Choose P1 to P4, or unrated alerts call nobody."
        )
    return severity


def _type_policy(name: str, written: Located) -> TypePolicy:
    keys = written.mapping(
        ("resolve_when_quiet", "group_by", "only_people_close"), required=("resolve_when_quiet",)
    )
    only_people_close = "only_people_close" in keys and keys["only_people_close"].boolean()
    if only_people_close and keys["resolve_when_quiet"].boolean():
        raise keys["only_people_close"].problem(
            "an incident that only people close cannot end by itself.", "Write `resolve_when_quiet: false`."
        )
    return TypePolicy(
        name=name,
        resolve_when_quiet=keys["resolve_when_quiet"].boolean(),
        group_by=_group_by(keys["group_by"]) if "group_by" in keys else None,
        only_people_close=only_people_close,
    )


def _group_by(written: Located) -> GroupBy:
    """Read `[alertname, service|job]`: a bar separates labels of which the first present counts."""
    parts = []
    for member in written.sequence():
        labels = tuple(label.strip() for label in member.string().split("|"))
        if not all(labels):
            raise member.problem(
                f"`{member.text}` names an empty label.", "Write `service` or `service|job`."
            )
        parts.append(labels)
    if not parts:
        raise written.problem("no label is named to group by.", "Name at least one, such as `alertname`.")
    return GroupBy(parts=tuple(parts))


def _rule(written: Located, types: Collection[str]) -> Rule:
    keys = written.mapping(("name", "when", "type", "severity"), required=("name", "when"))
    if "type" not in keys and "severity" not in keys:
        raise written.problem(
            "the rule gives neither type nor severity.", "Add `type:`, `severity:` or both."
        )
    source, matchers = _condition(keys["when"])
    return Rule(
        name=keys["name"].string(),
        line=written.line,
        source=source,
        matchers=matchers,
        type=keys["type"].choice(types) if "type" in keys else None,
        verdict=Verdict(severity=read_severity(keys["severity"])) if "severity" in keys else None,
    )


def _condition(written: Located) -> tuple[Matcher | None, tuple[Matcher, ...]]:
    keys = written.mapping(("source", "labels"))
    if not keys:
        raise written.problem("the rule has no condition.", "Add `source:`, `labels:` or both below `when:`.")
    source = None
    if "source" in keys:
        source = Matcher(label="source", operator="=", value=keys["source"].string())
    labels = keys["labels"].sequence() if "labels" in keys else ()
    return source, tuple(read_matcher(member) for member in labels)
