#!/bin/sh
# Prints the path of a Node that runs this project's TypeScript as it is (22.18 or later): the pinned one under
# .tools/ if it is installed, else the one on PATH. Fails silently where there is none.
set -eu
root=$(CDPATH= cd -- "$(dirname "$0")/.." && pwd)
pinned=$root/.tools/node-$(cat "$root/.node-version")/bin/node
if [ -x "$pinned" ]; then
  echo "$pinned"
  exit 0
fi
node=$(command -v node) || exit 1
"$node" -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 22 || (a === 22 && b >= 18) ? 0 : 1)' || exit 1
echo "$node"
