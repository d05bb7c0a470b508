"""Exhibits: label and custody for all who read; the bytes only with a reason, written down."""

from __future__ import annotations

import io

import pytest

from tocsin.flow.holding import Holding


@pytest.fixture
def exhibit(app, open_incident):
    return app.respond.keep(
        open_incident().incident_id,
        name="<b>df</b>.html",
        media_type="text/html",
        content=io.BytesIO(b"<script>alert(1)</script>"),
        description="the disk",
        exported_by="Ben Okafor",
        actor="ben",
    )


def test_the_label_the_digest_and_the_custody_are_shown(exhibit, chidi):
    page = chidi.get(f"/exhibits/{exhibit.short_name}").content.decode()
    assert all(words in page for words in (exhibit.digest, "the disk", "Ben Okafor", "collected"))
    assert "<b>df" not in page
    assert "Download" not in page


def test_bytes_are_handed_out_as_a_download_and_the_reason_goes_into_custody(exhibit, ben):
    answer = ben.post(f"/exhibits/{exhibit.short_name}/read", {"reason": "compare the digest"})
    assert b"".join(answer.streaming_content) == b"<script>alert(1)</script>"
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment")
    assert "compare the digest" in ben.get(f"/exhibits/{exhibit.short_name}").content.decode()


def test_bytes_need_a_reason_and_a_role(exhibit, ben, chidi):
    place = f"/exhibits/{exhibit.short_name}/read"
    assert ben.post(place).status_code == 422
    assert chidi.post(place, {"reason": "curious"}).status_code == 403


def test_bytes_that_changed_on_disk_are_not_handed_out(app, exhibit, ben):
    (path,) = (app.settings.home / "evidence").rglob(f"*{exhibit.digest[4:]}*")
    path.chmod(0o600)
    path.write_bytes(b"changed")
    assert ben.post(f"/exhibits/{exhibit.short_name}/read", {"reason": "look"}).status_code == 409


def test_an_unknown_exhibit_is_not_found(ada):
    assert ada.get("/exhibits/EX-9").status_code == 404


def test_seal_gap_and_legal_hold_are_shown(app, exhibit, ben):
    Holding(app.store, app.clock, app.locker).hold(exhibit.incident_id, "Order <4711>", "ada")
    page = ben.get(f"/exhibits/{exhibit.short_name}").content.decode()
    assert "next checkpoint seals it" in page
    assert "LH-1" in page
    assert "Order &lt;4711&gt;" in page
