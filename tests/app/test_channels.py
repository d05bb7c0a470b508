from __future__ import annotations

from pathlib import Path

import pytest

from nouns import NOON
from tocsin.app.channels import build_channels, channel_names
from tocsin.app.settings import load_settings
from tocsin.domain.clock import PushedClock
from tocsin.domain.errors import Misconfigured


def _built(home: Path, store, **environ: str):
    return build_channels(load_settings(environ, home=home), store, PushedClock(NOON))


def test_without_any_setting_there_is_only_the_inbox_which_reaches_nobody_outside(
    tmp_path, memory_store
) -> None:
    channels = _built(tmp_path, memory_store)
    assert {name: channel.is_real for name, channel in channels.items()} == {"inbox": False}


def test_a_channel_whose_settings_are_there_is_built(tmp_path, memory_store) -> None:
    channels = _built(tmp_path, memory_store, TOCSIN_SLACK_TOKEN="xoxb-1")
    assert set(channels) == {"inbox", "slack"}
    assert channels["slack"].is_real


def test_a_channel_that_is_set_up_in_part_stops_the_start_and_names_what_is_missing(
    tmp_path, memory_store
) -> None:
    with pytest.raises(Misconfigured, match="TOCSIN_SMTP_FROM is missing") as refused:
        _built(tmp_path, memory_store, TOCSIN_SMTP_URL="smtp://ben:hunter2@mail.example")
    assert "hunter2" not in refused.value.explain()


@pytest.mark.parametrize(
    "environ",
    [
        {"TOCSIN_SLACK_WEBHOOKS": "ops=https://hooks.example/1"},
        {"TOCSIN_SLACK_TOKEN": "xoxb-1", "TOCSIN_SLACK_WEBHOOKS": "ops=https://hooks.example/1"},
    ],
)
def test_one_of_several_ways_to_a_partner_is_enough(tmp_path, memory_store, environ: dict[str, str]) -> None:
    assert set(_built(tmp_path, memory_store, **environ)) == {"inbox", "slack"}


def test_every_channel_has_its_name_whether_it_is_set_up_or_not() -> None:
    assert {"inbox", "slack", "sms", "voice", "ntfy"} <= channel_names()
    assert not {"twilio", "prometheus"} & channel_names()


def test_a_setting_that_is_no_way_to_a_partner_sets_nothing_up(tmp_path, memory_store) -> None:
    channels = _built(tmp_path, memory_store, TOCSIN_JSM_USER="ada@tocsin.example")
    assert set(channels) == {"inbox"}
