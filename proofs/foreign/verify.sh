#!/bin/sh
# Check with openssl 3.0 alone that an entry is in a log: verify.sh PROOF ENTRY VKEY (the log's Ed25519 vkey).
set -eu; t=$(mktemp -d); trap 'rm -rf "$t"' EXIT; export LC_ALL=C
sha() { openssl dgst -sha256 -binary; }; hex() { od -An -tx1 | tr -d ' \n'; }
is() { [ "$1" = "$2" ] || { echo "refused: $3" >&2; exit 1; }; }
raw() { printf %s "$1" | openssl base64 -d -A > "$2"; is "$(openssl base64 -A < "$2")" "$1" 'no base64'; }
number() { printf '%s\n' "$1" | grep -Eqx '0|[1-9][0-9]{0,17}' || is no yes 'no number'; }
is "$(tr -d '\000-\011\013-\037' < "$1" | wc -c)" "$(wc -c < "$1")" 'a control character'
exec < "$1" 3< "$2"; cd "$t"; name=${3%%+*}; id=${3#*+}; raw "${id#*+}" vkey; id=${id%%+*}; tail -c +2 vkey > key
is "$({ printf '%s\n\001' "$name"; cat key; } | sha | head -c 4 | hex)" "$id" 'the key has another id'
{ printf '\060\052\060\005\006\003\053\145\160\003\041\000'; cat key; } > der
IFS= read -r line; is "$line" c2sp.org/tlog-proof@v1 'no proof'
IFS= read -r line; case $line in 'extra '*) IFS= read -r line ;; esac; i=${line#index }; is "index $i" "$line" 'no index'
path=; while IFS= read -r line; do [ "$line" ] || break; raw "$line" p; path="$path $line"; done
IFS= read -r origin; IFS= read -r size; IFS= read -r root; IFS= read -r line
is "$origin$line" "$name" 'a checkpoint of another log'; printf '%s\n' "$origin" "$size" "$root" > text
# Two lines bear the log's name: the one to check is found by its key id, and each of that id must hold.
held=no; while IFS= read -r line; do
  case $line in "— $name "*) raw "${line#"— $name "}" signed ;; *) continue ;; esac
  [ "$(head -c 4 signed | hex)" = "$id" ] || continue; tail -c +5 signed > sig; held=yes
  openssl pkeyutl -verify -pubin -keyform DER -inkey der -rawin -in text -sigfile sig > said
done; is $held yes 'no signature of this key'
number "$i"; number "$size"; [ "$i" -lt "$size" ]; last=$((size - 1)); { printf '\000'; cat <&3; } | sha > r
for line in $path; do
  [ $last -gt 0 ]; raw "$line" p; is "$(($(wc -c < p)))" 32 'a line that is no hash'
  if [ $((i & 1)) = 0 ] && [ $i != $last ]; then { printf '\001'; cat r p; } | sha > n; else
    { printf '\001'; cat p r; } | sha > n
    while [ $((i & 1)) = 0 ] && [ $i -gt 0 ]; do i=$((i >> 1)); last=$((last >> 1)); done
  fi; mv n r; i=$((i >> 1)); last=$((last >> 1))
done
is "$last $(openssl base64 -A < r)" "0 $root" 'the path does not lead to the root'
echo "the entry is in the log $name, whose head at size $size is signed"
