#!/usr/bin/env bash
# Builds Alertmanager's own acceptance suite and runs it against Tocsin, again and again.
#
#     proofs/acceptance/run.sh [RUNS] [FOLDER]
#
# PARALLEL (2) tests at a time: as many as there are cores to spare for them.
# Needs Debian's golang-github-prometheus-alertmanager-dev, golang-1.19-go and prometheus-alertmanager (for amtool).
# Prints a line a run and ends with 1 unless each passed at least 16 of 17 tests, and all 4 of amtool's. The windows
# of the suite are half a second wide: a machine that is busy with other things fails some, as it does with
# Alertmanager itself.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
runs=${1:-10}
folder=${2:-${TMPDIR:-/tmp}/tocsin-acceptance}
python=${PYTHON:-$here/../../.venv/bin/python}
go=${GO:-/usr/lib/go-1.19/bin/go}
parallel=${PARALLEL:-2}
sources=/usr/share/gocode/src
suite=github.com/prometheus/alertmanager/test

export GOPATH=$folder GO111MODULE=off GOPROXY=off GOCACHE=$folder/cache GOFLAGS=
mkdir -p "$folder/bin"
ln -sfn "$sources" "$folder/src"
ln -sf "$(command -v amtool)" "$folder/bin/amtool"
[[ -x $folder/acc.test ]] || "$go" test -c -o "$folder/acc.test" "$suite/with_api_v2/acceptance"
[[ -x $folder/cli.test ]] || "$go" test -c -o "$folder/cli.test" "$suite/cli/acceptance"
"$go" build -o "$folder/bin/prometheus-alertmanager" "$here/shim.go"

"$python" "$here/nursery.py" "$folder/bin" > "$folder/nursery.log" 2>&1 &
nursery=$!
trap 'kill "$nursery" 2>/dev/null || true' EXIT
for _ in $(seq 240); do
  grep -q "nursery is ready" "$folder/nursery.log" && break
  kill -0 "$nursery" || { cat "$folder/nursery.log" >&2; exit 1; }
  sleep 0.25
done

passed() { grep -c -- '^--- PASS' "$1" || true; }
failed() { { grep -- '^--- FAIL' "$1" || true; } | awk '{print $3}' | paste -sd' '; }

worst=0
for run in $(seq "$runs"); do
  (cd "$folder" && timeout 180 ./acc.test -test.v -test.parallel "$parallel") > "$folder/suite-$run.log" 2>&1 || true
  # The servers of the suite are told to end, but nobody waits for them.
  sleep 3
  (cd "$folder" && timeout 90 ./cli.test -test.v) > "$folder/amtool-$run.log" 2>&1 || true
  suite_passed=$(passed "$folder/suite-$run.log") amtool_passed=$(passed "$folder/amtool-$run.log")
  printf 'run %s: suite %s/17 %s, amtool %s/4 %s, load %s\n' "$run" "$suite_passed" \
    "$(failed "$folder/suite-$run.log")" "$amtool_passed" "$(failed "$folder/amtool-$run.log")" \
    "$(cut -d' ' -f1 /proc/loadavg)"
  if ((suite_passed < 16 || amtool_passed < 4)); then worst=1; fi
done
exit "$worst"
