#!/bin/sh
# Makes sure that there is a Node that find-node.sh accepts. The pinned version comes from the npm package
# `node-<os>-<arch>`, so an older Node with npm is all that a machine needs.
set -eu
root=$(CDPATH= cd -- "$(dirname "$0")/.." && pwd)
if "$root/tools/find-node.sh" >/dev/null; then exit 0; fi
version=$(cat "$root/.node-version")
if ! command -v npm >/dev/null || ! command -v node >/dev/null; then
  echo "error: no node and npm on PATH; install Node 20 or later (https://nodejs.org), the project fetches its own from there" >&2
  exit 1
fi
package=$(node -p '`node-${process.platform}-${process.arch}`')
target=$root/.tools/node-$version
staging=$target.new-$$
trap 'rm -rf "$staging"' EXIT
echo "installing Node $version ($package from npm) into .tools/" >&2
mkdir -p "$staging"
if ! npm install --prefix "$staging" --ignore-scripts --no-audit --no-fund --no-save --loglevel=error "$package@$version" >"$staging/log" 2>&1; then
  tail -n 5 "$staging/log" >&2
  echo "error: Node $version is not to be had as $package@$version; install Node 24 yourself (https://nodejs.org) and put it on PATH" >&2
  exit 1
fi
mv "$staging/node_modules/$package" "$staging/node"
rm -rf "$target"
mv "$staging/node" "$target"
