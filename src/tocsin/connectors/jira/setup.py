"""Makes the Jira channel from its settings."""

from __future__ import annotations

from collections.abc import Mapping

from tocsin.connectors.jira.channel import Choices, JiraChannel
from tocsin.connectors.jira.issues import issues_of
from tocsin.connectors.secret import Secret
from tocsin.domain.clock import Clock
from tocsin.domain.errors import Misconfigured
from tocsin.domain.ports.delivery import Channel
from tocsin.domain.ports.shelves import Store
from tocsin.domain.severity import Severity


def build(values: Mapping[str, str], clock: Clock, store: Store) -> Channel:
    """Return the channel; clock and store are not needed here. Raises `Misconfigured` for a wrong setting."""
    issues = issues_of(
        values["TOCSIN_JIRA_URL"], Secret(values["TOCSIN_JIRA_TOKEN"]), values["TOCSIN_JIRA_USER"]
    )
    return JiraChannel(
        issues,
        Choices(
            issue_type=values["TOCSIN_JIRA_ISSUE_TYPE"],
            priorities=_priorities(values["TOCSIN_JIRA_PRIORITIES"]),
            resolve_transition=values["TOCSIN_JIRA_RESOLVE_TRANSITION"].strip(),
        ),
    )


def _priorities(text: str) -> Mapping[str, str]:
    """Read `P1=1,P2=2`: names differ from site to site, ids do not change."""
    found: dict[str, str] = {}
    for part in filter(None, map(str.strip, text.split(","))):
        severity, _, number = map(str.strip, part.partition("="))
        if severity not in set(Severity) or not number.isdecimal():
            raise Misconfigured(
                f"TOCSIN_JIRA_PRIORITIES has {part[:40]!r}, which is no severity and id.",
                means="The jira channel is not set up; no issue is made.",
                next_step="Write P1=1,P2=2 with the ids of {TOCSIN_JIRA_URL}/rest/api/3/priority.",
            )
        found[severity] = number
    return found
