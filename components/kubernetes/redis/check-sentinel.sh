#!/bin/sh
# Ready: it can tell who the primary is.
set -eu
. "$CONFIG_DIR/common.sh"
[ -n "$(ask "$SELF" health sentinel get-master-addr-by-name "$PRIMARY_NAME")" ]
