#!/bin/sh
# Runs the hunt inside a real Spark in local mode. Makes a virtual environment of its own with the extra `spark`
# (400 MB) in the folder given, or in a new one below /tmp. Needs Java 17.
set -eu
cd "$(dirname "$0")/.."
venv=${1:-$(mktemp -d)/spark}
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/python" -m pip install --quiet -e '.[test,spark]'
TOCSIN_REQUIRE_REAL=1 exec "$venv/bin/python" -m pytest -q tests/connectors/spark
