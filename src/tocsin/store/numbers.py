"""Takes the numbers behind `INC-n` and `EX-n`: never one twice, with gaps where a transaction was undone."""

from __future__ import annotations

from django.db import connections
from django.db.models import F

from tocsin.store import models
from tocsin.store.rows import insert


def next_number(name: str, alias: str) -> int:
    """Return the next number of `incident` or `exhibit`; nobody waits for anybody on PostgreSQL."""
    connection = connections[alias]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT nextval(%s)", [f"tocsin_{name}_number"])
            (number,) = cursor.fetchone()
            return int(number)
    counters = models.Counter.objects.using(alias).filter(pk=name)
    if counters.update(last=F("last") + 1):
        return counters.get().last
    insert(models.Counter(name=name, last=1), alias)
    return 1
