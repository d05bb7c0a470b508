"""Read the tree of routes: which incidents are called by which policy, and who else is told of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tocsin.domain.matchers import Matcher, read_matcher
from tocsin.domain.pack_file import Located
from tocsin.domain.person import Contact
from tocsin.oncall.people import read_named
from tocsin.oncall.policies import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Incidents whose labels satisfy all matchers. `policy` is empty where the route above decides."""

    name: str
    line: int
    matchers: tuple[Matcher, ...]
    policy: str = ""
    tell: tuple[Contact, ...] = ()
    continues: bool = False
    routes: tuple[Route, ...] = ()

    def fits(self, labels: Mapping[str, str]) -> bool:
        """Say whether all matchers hold."""
        return all(matcher.matches(labels) for matcher in self.matchers)


def read_routes(
    written: Located, policies: Mapping[str, Policy], channels: Mapping[str, Contact]
) -> tuple[Route, ...]:
    """Read a list of routes and those below them. Raises `PackProblem`."""
    return tuple(_route(member, policies, channels) for member in written.sequence())


def _route(written: Located, policies: Mapping[str, Policy], channels: Mapping[str, Contact]) -> Route:
    keys = written.mapping(
        ("name", "when", "policy", "tell", "continue", "routes"), required=("name", "when")
    )
    if not keys.keys() & {"policy", "tell", "routes"}:
        raise written.problem("the route leads nowhere.", "Add `policy:`, `tell:` or `routes:`.")
    policy = ""
    if "policy" in keys:
        policy = keys["policy"].choice(tuple(policies))
    return Route(
        name=keys["name"].string(),
        line=written.line,
        matchers=tuple(read_matcher(member) for member in keys["when"].sequence()),
        policy=policy,
        tell=read_named(keys["tell"], channels) if "tell" in keys else (),
        continues="continue" in keys and keys["continue"].boolean(),
        routes=read_routes(keys["routes"], policies, channels) if "routes" in keys else (),
    )
