"""Every kind of receiver of Alertmanager 0.25 to 0.28 is known."""

from __future__ import annotations

import pytest

from tocsin.oncall.alertmanager.fields import Secrecy
from tocsin.oncall.alertmanager.kinds import GLOBAL, KINDS, fields_of
from tocsin.oncall.alertmanager.template_shipped import SHIPPED


def test_send_resolved_is_upstreams_for_each_kind() -> None:
    quiet = {name for name, kind in KINDS.items() if not kind.send_resolved}
    assert quiet == {"email", "slack", "wechat", "rocketchat"}
    assert set(KINDS) - quiet == {
        "discord", "jira", "msteams", "msteamsv2", "opsgenie", "pagerduty", "pushover", "sns", "telegram",
        "victorops", "webex", "webhook",
    }  # fmt: skip


@pytest.mark.parametrize("kind", list(KINDS))
def test_defaults_are_keys_of_the_kind_and_name_shipped_templates(kind: str) -> None:
    assert set(KINDS[kind].defaults) <= set(fields_of(kind))
    named = [text for text in KINDS[kind].defaults.values() if "template " in str(text)]
    assert all(text.split('"')[1] in SHIPPED for text in named)


def test_only_mail_knows_no_http_config() -> None:
    assert {kind for kind in KINDS if "http_config" not in fields_of(kind)} == {"email"}


def test_only_what_cannot_be_sent_as_before_has_a_remark() -> None:
    assert {name for name, kind in KINDS.items() if kind.remark} == {"opsgenie", "rocketchat"}
    assert "Jira Service Management" in KINDS["opsgenie"].remark
    assert "2027-04-05" in KINDS["opsgenie"].remark


def test_secrets_of_global_are_marked() -> None:
    hidden = {name for name, field in GLOBAL.items() if field.secrecy is Secrecy.HIDDEN}
    assert hidden == {
        "slack_api_url", "smtp_auth_password", "smtp_auth_secret", "opsgenie_api_key", "victorops_api_key",
        "wechat_api_secret", "rocketchat_token", "rocketchat_token_id",
    }  # fmt: skip
