"""Tries out where labels lead: through an `alertmanager.yml`, and through the routes of `oncall.yml`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tocsin.app.alertmanager_file import file_of
from tocsin.app.calendar_files import files_of
from tocsin.app.packs import packs_of
from tocsin.app.settings import Settings
from tocsin.domain.errors import Misconfigured, NotFound
from tocsin.domain.matchers import Matcher
from tocsin.oncall.alertmanager.effective import length_text
from tocsin.oncall.alertmanager.file import Configuration, parse_alertmanager
from tocsin.oncall.alertmanager.groups import group_key
from tocsin.oncall.alertmanager.matcher_texts import braced, parse_matcher
from tocsin.oncall.alertmanager.routes import Route, matching, walk
from tocsin.oncall.roster import Roster, parse_roster
from tocsin.oncall.routes import Route as PolicyRoute
from tocsin.oncall.routing import route as policy_route

RECEIVER, POLICY = "receiver", "policy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Routed:
    """Where something goes: to a `receiver` or a `policy`, and which way in words."""

    kind: str
    name: str
    why: str
    place: str

    def record(self) -> dict[str, Any]:
        """Return it as a row."""
        return {"kind": self.kind, "name": self.name, "why": self.why, "place": self.place}


@dataclass(frozen=True, slots=True, kw_only=True)
class Routes:
    """The routing to try: either may be missing, not both."""

    alertmanager: Configuration | None
    roster: Roster | None


def routes_in(path: Path) -> Routes:
    """Read one `alertmanager.yml`. Raises `NotFound`, `PackProblem`."""
    return Routes(alertmanager=read_file(path), roster=None)


def routes_in_force(settings: Settings) -> Routes:
    """Read what is in force: the `alertmanager.yml`, if there is one, and `oncall.yml`.

    Raises `Misconfigured`, `PackProblem`.
    """
    packs = packs_of(settings)
    file, oncall = file_of(settings, packs), packs.file("oncall.yml")
    return Routes(
        alertmanager=parse_alertmanager(file.text, file.path) if file else None,
        roster=parse_roster(oncall.text, oncall.path, files_of(packs.calendar_files())),
    )


def read_file(path: Path) -> Configuration:
    """Read an `alertmanager.yml` at a path. Raises `NotFound`, `Misconfigured`, `PackProblem`."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise Misconfigured(
            f"{path} is not UTF-8.", means="It was not read.", next_step="Save it as UTF-8 text."
        ) from error
    except OSError as error:
        raise NotFound(
            f"{path} cannot be read: {error.strerror}.",
            means="Nothing was tried.",
            next_step="Name an alertmanager.yml that can be read.",
        ) from error
    return parse_alertmanager(text, str(path))


def labels_typed(words: Sequence[str]) -> Mapping[str, str]:
    """Return labels from `name=value` words; a value may be in double quotes, as amtool takes it.

    Raises `ValueError` with the reason.
    """
    labels: dict[str, str] = {}
    for word in words:
        read = parse_matcher(word)
        if read.operator != "=":
            raise ValueError(f"`{word}` names no single value; write `{read.label}=value`")
        if read.label in labels:
            raise ValueError(f"the label `{read.label}` is given twice")
        labels[read.label] = read.value
    return labels


def tried(routes: Routes, labels: Mapping[str, str]) -> tuple[Routed, ...]:
    """Return where labels lead: receivers in the order of their tree, then the policy that calls people."""
    found = []
    if (read := routes.alertmanager) is not None:
        for end in matching(read.root, labels):
            why = f"group {group_key(read.root, end, labels)}"
            found.append(Routed(kind=RECEIVER, name=end.receiver, why=why, place=end.place))
    if routes.roster is not None:
        native = policy_route(routes.roster, labels)
        found.append(Routed(kind=POLICY, name=native.policy, why=native.why, place=routes.roster.path))
    return tuple(found)


def unmet(found: Sequence[Routed], expected: Sequence[str]) -> tuple[str, ...]:
    """Say in words which expectation fails: `a,b` names all receivers in order, `oncall=x` a policy."""
    wrong = []
    for each in expected:
        is_policy = each.startswith("oncall=")
        wanted = each.removeprefix("oncall=")
        actual = names(found, POLICY if is_policy else RECEIVER)
        if wanted != actual:
            wrong.append(
                f"Expected {'policy' if is_policy else 'receivers'} {wanted}, got {actual or 'none'}."
            )
    return tuple(wrong)


def names(found: Sequence[Routed], kind: str) -> str:
    """Return the names of one kind, comma-separated as amtool prints them."""
    return ",".join(each.name for each in found if each.kind == kind)


def listed(routes: Routes) -> tuple[dict[str, Any], ...]:
    """Return every route as a row, depth first: the tree of receivers, then that of policies."""
    rows: list[dict[str, Any]] = []
    if routes.alertmanager is not None:
        rows += [_row(each) for each in walk(routes.alertmanager.root)]
    for at, each in enumerate(routes.roster.routes if routes.roster is not None else ()):
        rows += _policy_rows(each, str(at))
    return tuple(rows)


def _row(route: Route) -> dict[str, Any]:
    grouped = ["..."] if route.group_by is None else list(route.group_by)
    return {
        "route": route.path,
        "kind": RECEIVER,
        "name": route.receiver,
        "matchers": braced(route.matchers),
        "continue": route.continues,
        "group_by": grouped,
        "group_wait": length_text(route.group_wait),
        "group_interval": length_text(route.group_interval),
        "repeat_interval": length_text(route.repeat_interval),
        "mute_time_intervals": list(route.mute_intervals),
        "active_time_intervals": list(route.active_intervals),
        "place": route.place,
    }


def _policy_rows(route: PolicyRoute, path: str) -> list[dict[str, Any]]:
    matchers: tuple[Matcher, ...] = route.matchers
    row = {
        "route": path,
        "kind": POLICY,
        "name": route.policy,
        "matchers": braced(matchers),
        "continue": route.continues,
        "title": route.name,
        "line": route.line,
    }
    return [
        row,
        *(each for at, below in enumerate(route.routes) for each in _policy_rows(below, f"{path}/{at}")),
    ]
