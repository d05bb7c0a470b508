from __future__ import annotations

import pytest

from tocsin.domain.errors import Overloaded


def test_a_sound_house_says_so_without_a_token(client, opened) -> None:
    assert client.get("/-/healthy").status_code == 200
    assert client.head("/-/ready").status_code == 200
    health = client.get("/health").json()
    assert (health["status"], health["dead_letters"], health["quarantined"]) == ("ok", 0, 0)
    assert health["jobs_waiting"] > 0
    assert "ShopDown" not in str(health)


@pytest.mark.parametrize("path", ["/-/ready", "/health"])
def test_a_database_that_is_away_makes_it_not_ready_but_still_alive(client, app, monkeypatch, path) -> None:
    def away(*_: object) -> None:
        raise Overloaded("The database is away.", means="Nothing.", next_step="Wait.")

    monkeypatch.setattr(type(app.store), "reading", away)
    response = client.get(path)
    assert response.status_code == 503
    assert "The database is away." in response.text
    assert client.get("/-/healthy").status_code == 200
