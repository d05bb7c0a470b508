"""An allow-list on disk, signed with openssl as the documentation says."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

LIST = """\
commands:
- name: shell.touch
  title: Leave a mark
  class: contain
  arguments:
    place: {summary: Where.}
  run: [/usr/bin/touch, '{place}/mark']
  look: [/usr/bin/test, -e, '{place}/mark']
  repeat: {by: look-up, rule: The mark is looked for first.}
  undo: {does: Removes the mark., run: [/bin/rm, -f, '{place}/mark']}
  residual: {remains: Nothing., lasts: 0m}
  blast: {unit: marks, per_run: 1, per_hour: 10}
  rights: [{name: write, why: to leave the mark}]
  time_limit: 5s
- name: shell.env
  title: Show the environment
  class: read
  run: [/usr/bin/env]
  environment: {LANG: C}
- name: shell.sleep
  title: Sleep
  class: notify
  arguments: {seconds: {summary: How long., kind: number}}
  run: [/bin/sleep, '{seconds}']
  repeat: {by: same-value, rule: Sleep is sleep.}
  no_undo: Nothing can be.
  residual: {remains: Nothing., lasts: 0m}
  blast: {unit: naps, per_run: 1, per_hour: 10}
  rights: []
  time_limit: 1s
"""


def openssl(*words: str | Path) -> str:
    return subprocess.run(["openssl", *words], check=True, capture_output=True, text=True).stdout


def signed_list(folder: Path, text: str = LIST) -> Mapping[str, str]:
    """Write and sign a list; return the settings that make it believed."""
    key, listed = folder / "key.pem", folder / "shell.yml"
    if not key.exists():
        openssl("genpkey", "-algorithm", "ed25519", "-out", key)
    listed.write_text(text, encoding="utf-8")
    openssl("pkeyutl", "-sign", "-rawin", "-inkey", key, "-in", listed, "-out", f"{listed}.sig")
    middle = openssl("pkey", "-in", key, "-pubout").splitlines()[1]
    return {"TOCSIN_SHELL_FILE": str(listed), "TOCSIN_SHELL_KEY": middle}
