"""A real server whose wall clock can be set and whose AWS is here; run as a program by the proofs.

`python altered.py FOLDER up ...` runs `tocsin up ...`. The wall clock is off by the seconds in FOLDER/wall,
read at every look; the uptime is the machine's own, as when somebody sets a real clock. The certificate of
SNS is FOLDER/sns.pem. The product knows nothing of this.
"""

from __future__ import annotations

import sys
from datetime import datetime, timedelta, tzinfo
from pathlib import Path


def main() -> None:
    folder = Path(sys.argv[1])
    del sys.argv[1]
    wall = folder / "wall"

    class Wall(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            off = float(wall.read_text() or 0) if wall.exists() else 0.0
            return datetime.now(tz) + timedelta(seconds=off)

    from tocsin.connectors.sns.hook import HOOK  # noqa: PLC0415 - only the child loads the server
    from tocsin.domain import clock  # noqa: PLC0415

    clock.datetime = Wall  # type: ignore[misc]
    HOOK.certificates.fetch = lambda url: (folder / "sns.pem").read_bytes()
    from tocsin.cli.main import main as tocsin  # noqa: PLC0415

    tocsin()


if __name__ == "__main__":
    main()
