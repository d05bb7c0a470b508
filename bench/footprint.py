"""What it costs to have Tocsin: memory of an idle server, start of the command line beside a bare Python."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

from served import TOCSIN, served

RUNS = 15
IDLE_S = 5


def main() -> None:
    bare = start_ms([sys.executable, "-S", "-c", "pass"])
    help_ms = start_ms([TOCSIN, "--help"])
    print(f"tocsin --help {help_ms:.0f} ms = {help_ms / bare:.1f} x a bare Python ({bare:.0f} ms)")
    with served() as server:
        time.sleep(IDLE_S)
        status = Path(f"/proc/{server.process.pid}/status").read_text()
        rss_kib = int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])
        before = cpu_s(server.process.pid)
        time.sleep(IDLE_S)
        used = (cpu_s(server.process.pid) - before) / IDLE_S
    print(f"idle server: {rss_kib / 1024:.0f} MiB resident (bar: 200), {100 * used:.1f} % of one core")


def start_ms(command: list[str]) -> float:
    """Return the median time from start to end of a command, in ms."""
    times = []
    for _ in range(RUNS):
        begun = time.perf_counter()
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
        times.append(time.perf_counter() - begun)
    return 1000 * statistics.median(times)


def cpu_s(pid: int) -> float:
    """Return the CPU seconds a process has used, user and system."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


if __name__ == "__main__":
    main()
