#!/bin/sh
# Alive: it answers, even if only to say that it is loading, busy with a script, or without its primary.
set -eu
. "$CONFIG_DIR/common.sh"
answer=$(ask "$SELF" health ping)
case "$answer" in
  PONG | LOADING* | BUSY* | MASTERDOWN*) exit 0 ;;
esac
echo "no answer to PING: $answer"
exit 1
