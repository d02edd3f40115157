#!/bin/sh
# install-packages.sh STAMP: `npm ci`, unless STAMP is newer than the lock file already (another make did it).
# No install script of any package is run: nothing in the project needs one.
set -eu
root=$(CDPATH= cd -- "$(dirname "$0")/.." && pwd)
stamp=$1
cd "$root"
if [ -e "$stamp" ] && [ -z "$(find package-lock.json -newer "$stamp")" ]; then exit 0; fi
echo "installing the dependencies (npm ci), about a minute" >&2
npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2
touch "$stamp"
