#!/bin/sh
# with-lock.sh NAME COMMAND…: runs COMMAND while no other process of this project holds the lock NAME, so that two
# makes at once install once. A lock whose owner is gone is taken over.
set -eu
root=$(CDPATH= cd -- "$(dirname "$0")/.." && pwd)
lock=$root/.tools/lock-$1
shift
mkdir -p "$root/.tools"
said=
until mkdir "$lock" 2>/dev/null; do
  owner=$(cat "$lock/pid" 2>/dev/null || true)
  if [ -n "$owner" ] && ! kill -0 "$owner" 2>/dev/null; then
    rm -rf "$lock"
    continue
  fi
  [ -n "$said" ] || { echo "waiting for another make that installs (process ${owner:-unknown})" >&2; said=yes; }
  sleep 1
done
echo $$ >"$lock/pid"
trap 'rm -rf "$lock"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
"$@"
