"""What the reader of Windows event logs says of itself."""

from __future__ import annotations

from tocsin.connectors.manifest import Category, Format, Manifest

MANIFEST = Manifest(
    name="evtx",
    title="Windows event logs (EVTX)",
    category=Category.SIGNALS,
    summary="Reads .evtx files, hunted or posted; needs `pip install 'tocsin[evtx]'`.",
    inbound=("tocsin.connectors.evtx.log_file:read_log",),
    formats=(
        Format(
            name="evtx",
            summary="A Windows event log file; each event a flat record as Sigma rules name its fields.",
            stream="tocsin.connectors.evtx.log_file:read_log",
            openings=(b"ElfFile\x00",),
            extra="evtx",
        ),
    ),
)
