"""Packs and seals a bag of 1,000 files, 100 MB, on SQLite, beside `sha256sum` and `tar` of the same files.

`python bench/evidence.py [--files N] [--megabytes N]`. Bar: sealed within 5 s (DESIGN section 10).
"""

from __future__ import annotations

import argparse
import io
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyrage

ROUNDS = 3
BAR_S = 5.0


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--megabytes", type=int, default=100)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as folder:
        plain = Path(folder, "plain")
        plain.mkdir()
        _write(plain, given.files, given.megabytes * 1024 * 1024)
        print(f"{given.files} files, {given.megabytes} MB")
        floor = _best("sha256sum", lambda: _run("sha256sum", plain))
        tar = _best("tar to a file, synced", lambda: _tar(plain, Path(folder, "plain.tar")))
        for name, took in _bagged(Path(folder, "home"), plain):
            words = f"{took / floor:.1f}x sha256sum, {took / tar:.1f}x tar; bar {BAR_S:g} s"
            print(f"  {f'bag, {name}, sealed':<32}{took:8.2f} s   {words}")
    return 0


def _write(folder: Path, files: int, size: int) -> None:
    """Write random files of very different sizes that add up to about `size`."""
    chosen = random.Random(7)
    weights = [chosen.paretovariate(1.2) for _ in range(files)]
    for number, weight in enumerate(weights):
        (folder / f"{number:05}.log").write_bytes(os.urandom(max(int(size * weight / sum(weights)), 1)))


def _best(name: str, act: Callable[[], None]) -> float:
    taken = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        act()
        taken.append(time.perf_counter() - began)
    print(f"  {name:<32}{min(taken):8.2f} s")
    return min(taken)


def _run(program: str, folder: Path) -> None:
    subprocess.run([program, *sorted(map(str, folder.iterdir()))], stdout=subprocess.DEVNULL, check=True)


def _tar(folder: Path, target: Path) -> None:
    subprocess.run(["tar", "-cf", str(target), "-C", str(folder), "."], check=True)
    with target.open("rb") as written:
        os.fsync(written.fileno())


def _bagged(home: Path, plain: Path) -> Iterator[tuple[str, float]]:
    """Keep the files as exhibits; yield the best time of some bags until each is under a signed head."""
    home.mkdir()
    os.environ |= {"TOCSIN_HOME": str(home), "DJANGO_SETTINGS_MODULE": "tocsin.app.django_settings"}
    import django  # noqa: PLC0415 - the application is built on a home of its own

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415

    from tocsin.app.bagging import bagging_of  # noqa: PLC0415
    from tocsin.app.settings import load_settings  # noqa: PLC0415
    from tocsin.app.wiring import build_app  # noqa: PLC0415
    from tocsin.domain.alert import AlertReport  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    keys = [str(pyrage.x25519.Identity.generate().to_public()) for _ in range(2)]
    app = build_app(load_settings({"TOCSIN_EVIDENCE_RECIPIENTS": ",".join(keys)}, home=home))
    arrival = app.hearing._arrival("alertmanager.api", "prometheus", b"[]", "bench")
    app.take.alerts(arrival, [AlertReport(source="prometheus", labels={"alertname": "Bench"})])
    with app.store.reading() as shelves:
        incident_id = shelves.incidents.by_number(1).incident_id
    began = time.perf_counter()
    for path in sorted(plain.iterdir()):
        app.respond.keep(
            incident_id,
            name=path.name,
            media_type="text/plain",
            content=io.BytesIO(path.read_bytes()),
            description="A log",
            exported_by="ada",
            actor="ada",
        )
    yield "in the clear", _best_bag(app, replace(bagging_of(app), recipients=()), incident_id)
    yield "encrypted to 2", _best_bag(app, bagging_of(app), incident_id)
    print(f"  {'kept one by one before':<32}{time.perf_counter() - began:8.2f} s, with all bags")


def _best_bag(app: Any, bagging: Any, incident_id: Any) -> float:
    taken = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        bag = bagging.pack(incident_id, "ada")
        _sign(app)
        with app.store.reading() as shelves:
            index, head = shelves.log.index_of(bag.entry_id), shelves.log.last_checkpoint()
        taken.append(time.perf_counter() - began)
        assert index is not None, "the bag has no place in the log"
        assert index < head.size, "the bag is not sealed"
    return min(taken)


def _sign(app: Any) -> None:
    """Sign the head now: a server does so within 10 s of the first new entry."""
    from tocsin.audit.checkpoint import signed  # noqa: PLC0415
    from tocsin.audit.merkle import root_of  # noqa: PLC0415

    with app.store.transaction() as shelves:
        while shelves.log.sequence():
            pass
        hashes = [leaf.leaf_hash for leaf in shelves.log.leaves(0, shelves.log.size())]
        signer, now = app.signer, app.clock.now()
        shelves.log.add_checkpoint(signed(len(hashes), root_of(hashes), signer, now))


if __name__ == "__main__":
    sys.exit(main())
