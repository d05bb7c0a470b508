"""The Jira channel is made from its settings and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from tocsin.connectors.jira.setup import build
from tocsin.domain.clock import SystemClock
from tocsin.domain.errors import Misconfigured

NO_STORE: Any = None
VALUES = {
    "TOCSIN_JIRA_URL": "https://example.atlassian.net",
    "TOCSIN_JIRA_TOKEN": "secret",
    "TOCSIN_JIRA_USER": "",
    "TOCSIN_JIRA_ISSUE_TYPE": "Bug",
    "TOCSIN_JIRA_PRIORITIES": "P1=1, P4=10004",
    "TOCSIN_JIRA_RESOLVE_TRANSITION": " 31 ",
}


def test_every_choice_comes_from_the_settings() -> None:
    made: Any = build(VALUES, SystemClock(), NO_STORE)
    choices = made.choices
    assert (made.name, made.issues.is_cloud) == ("jira", False)
    assert (choices.issue_type, choices.priorities, choices.resolve_transition) == (
        "Bug",
        {"P1": "1", "P4": "10004"},
        "31",
    )


def test_an_address_of_the_tokens_owner_means_cloud() -> None:
    made: Any = build(VALUES | {"TOCSIN_JIRA_USER": "ada@tocsin.example"}, SystemClock(), NO_STORE)
    assert made.issues.is_cloud


@pytest.mark.parametrize("text", ["P1=Highest", "P9=1", "1", "P1="])
def test_priorities_are_severities_and_ids(text: str) -> None:
    with pytest.raises(Misconfigured, match="TOCSIN_JIRA_PRIORITIES"):
        build(VALUES | {"TOCSIN_JIRA_PRIORITIES": text}, SystemClock(), NO_STORE)
