#!/bin/sh
# Installs the Debian packages that the tests need and the machine lacks. Arguments are command:package, or file:package
# with an absolute path; a command on PATH or a file that exists counts as installed. None of the packages starts anything
# here: the tests start what they need.
set -eu
present() {
  case $1 in
    /*) [ -e "$1" ] ;;
    *) command -v "$1" >/dev/null 2>&1 ;;
  esac
}
missing=
for pair in "$@"; do
  present "${pair%%:*}" || missing="$missing ${pair#*:}"
done
[ -z "$missing" ] && exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
  echo "error: the tests need$missing; install these packages (apt-get install$missing, as root)" >&2
  exit 1
fi
echo "installing$missing (Debian)" >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# No service may start by itself: a policy of 101 forbids it while the packages are unpacked.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod +x "$policy"
  trap 'rm -f "$log" "$policy"' EXIT
fi
# shellcheck disable=SC2086 # a list of packages
if ! { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing; } >"$log" 2>&1; then
  tail -n 10 "$log" >&2
  echo "error: apt-get could not install$missing" >&2
  exit 1
fi
