from __future__ import annotations

from django.db import connections

from tocsin.domain.person import Role
from tocsin.store import models
from tocsin.worker.monitoring import monitoring_of
from tocsin.worker.seals import seals_of

URL = "/api/v1/audit"


def test_a_sound_log_is_verified_in_r3s_form(client, bearer, opened, app) -> None:
    seals_of(app).round()
    verdict = client.get(f"{URL}/verify", headers=bearer(Role.AUDITOR)).json()
    assert (verdict["verified"], verdict["brokenAtEventId"], verdict["exhibitFaults"]) == (True, None, [])
    assert verdict["evidenceSound"] is True
    assert verdict["recordFaults"] == []
    assert verdict["entries"] == verdict["sealed"] > 0


def test_a_line_of_a_timeline_that_the_log_does_not_have_is_a_fault(client, bearer, opened, app) -> None:
    seals_of(app).round()
    models.TimelineLine.objects.filter(kind="incident.opened").update(text="Nothing happened")
    verdict = client.get(f"{URL}/verify", headers=bearer(Role.AUDITOR)).json()
    assert (verdict["verified"], len(verdict["recordFaults"])) == (True, 1)
    assert verdict["evidenceSound"] is False
    assert "was rewritten" in verdict["recordFaults"][0]


def test_the_head_is_a_signed_note_with_the_key_that_checks_it(client, bearer, opened, app) -> None:
    headers = bearer(Role.AUDITOR)
    assert client.get(f"{URL}/head", headers=headers).json()["checkpoint"] is None
    seals_of(app).round()
    head = client.get(f"{URL}/head", headers=headers).json()
    assert head["checkpoint"].startswith("tocsin.local/audit\n")
    assert head["vkey"] == app.signer.verifier_key


def test_who_may_only_write_learns_nothing_of_the_log(client, bearer) -> None:
    assert client.get(f"{URL}/verify", headers=bearer(Role.INGEST)).status_code == 403
    assert models.Leaf.objects.count() == 0


def test_a_log_that_broke_is_told_with_its_successor(client, bearer, opened, app) -> None:
    seals_of(app).round()
    with connections["default"].cursor() as cursor:
        cursor.execute("DROP TRIGGER leaf_never_changes")
        cursor.execute('UPDATE store_leaf SET content = %s WHERE "index" = 1', [b"{}"])
    verdict = client.get(f"{URL}/verify", headers=bearer(Role.AUDITOR)).json()
    assert (verdict["verified"], verdict["brokenAtEventId"]) == (False, 1)
    monitoring_of(app).round()
    for _ in range(2):
        seals_of(app).round()
    verdict = client.get(f"{URL}/verify", headers=bearer(Role.AUDITOR)).json()
    assert (verdict["verified"], verdict["brokenAtEventId"]) == (False, 1)
    assert verdict["brokenLog"] == "tocsin.local/audit"
    assert [(each["origin"], each["verified"]) for each in verdict["logs"]] == [
        ("tocsin.local/audit", False),
        ("tocsin.local/audit/2", True),
    ]
    head = client.get(f"{URL}/head", headers=bearer(Role.AUDITOR)).json()
    assert head["checkpoint"].startswith("tocsin.local/audit/2\n")
    assert head["broken"][0]["checkpoint"].startswith("tocsin.local/audit\n")
