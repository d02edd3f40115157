#!/bin/sh
# Ready: the primary, or a replica that is in step with it.
set -eu
. "$CONFIG_DIR/common.sh"
state=$(ask "$SELF" health info replication | tr -d '\r')
has() {
  printf '%s\n' "$state" | grep -q "^$1$"
}
if has role:master; then exit 0; fi
if has role:slave && has master_link_status:up && has master_sync_in_progress:0; then exit 0; fi
echo "a replica without its primary"
exit 1
