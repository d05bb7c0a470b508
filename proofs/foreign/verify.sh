#!/bin/sh
# Check with openssl 3.0 alone that an entry is in a log: verify.sh PROOF ENTRY VKEY (the log's Ed25519 vkey).
set -eu
t=$(mktemp -d); trap 'rm -rf "$t"' EXIT
hex() { od -An -tx1 | tr -d ' \n'; }
sha() { openssl dgst -sha256 -binary; }
is() { [ "$1" = "$2" ] || { echo "refused: $3" >&2; exit 1; }; }
number() { printf '%s\n' "$1" | grep -Eqx '0|[1-9][0-9]{0,17}'; }
is "$(LC_ALL=C tr -d '\000-\011\013-\037' < "$1" | wc -c)" "$(wc -c < "$1")" 'a control character'
name=${3%%+*}; rest=${3#*+}; id=${rest%%+*}
printf %s "${rest#*+}" | openssl base64 -d -A | tail -c +2 > "$t/key"
is "$({ printf '%s\n\001' "$name"; cat "$t/key"; } | sha | head -c 4 | hex)" "$id" 'the key has another id'
{ printf '\060\052\060\005\006\003\053\145\160\003\041\000'; cat "$t/key"; } > "$t/der"
is "$(head -n 1 "$1")" 'c2sp.org/tlog-proof@v1' 'no proof'
sed '/^$/,$d' "$1" | sed -e 1d -e '2{/^extra /d;}' > "$t/path"
sed '1,/^$/d' "$1" > "$t/note"; sed '/^$/,$d' "$t/note" > "$t/text"; sed '1,/^$/d' "$t/note" > "$t/lines"
# Two lines bear the log's name: the one to check is found by its key id, and each of that id must hold.
held=no
while IFS= read -r line; do
  case $line in "— $name "*) line=${line#"— $name "} ;; *) continue ;; esac
  case $line in *[!A-Za-z0-9+/=]*) is no yes 'a line that is not base64' ;; esac
  [ "$(printf %.8s "$line" | openssl base64 -d -A | head -c 4 | hex)" = "$id" ] || continue
  printf %s "$line" | openssl base64 -d -A | tail -c +5 > "$t/sig"
  openssl pkeyutl -verify -pubin -keyform DER -inkey "$t/der" -rawin -in "$t/text" -sigfile "$t/sig" > "$t/said"
  held=yes
done < "$t/lines"
is $held yes 'no signature of this key'
is "$(sed -n '1p;4,$p' "$t/text")" "$name" 'a checkpoint of another log'
index=$(sed -n '1s/^index //p' "$t/path"); size=$(sed -n 2p "$t/text"); number "$index"; number "$size"
[ "$index" -lt "$size" ]; i=$index; last=$((size - 1))
{ printf '\000'; cat "$2"; } | sha > "$t/r"; sed 1d "$t/path" > "$t/hashes"
while IFS= read -r line; do
  [ $last -gt 0 ]; printf %s "$line" | openssl base64 -d -A > "$t/p"
  is "$(($(wc -c < "$t/p"))) $(openssl base64 -A < "$t/p")" "32 $line" 'a line that is no hash'
  if [ $((i & 1)) = 1 ] || [ $i = $last ]; then
    { printf '\001'; cat "$t/p" "$t/r"; } | sha > "$t/n"
    while [ $((i & 1)) = 0 ] && [ $i -gt 0 ]; do i=$((i >> 1)); last=$((last >> 1)); done
  else { printf '\001'; cat "$t/r" "$t/p"; } | sha > "$t/n"; fi
  mv "$t/n" "$t/r"; i=$((i >> 1)); last=$((last >> 1))
done < "$t/hashes"
is "$last $(openssl base64 -A < "$t/r")" "0 $(sed -n 3p "$t/text")" 'the path does not lead to the root'
echo "entry $index is in the log $name, whose head at size $size is signed"
