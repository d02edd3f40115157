#!/bin/sh
# Before a member is stopped: a primary hands over first, so that clients wait for a second or two and not for the
# time that Sentinels take to notice. Writes are held back meanwhile, so none is acknowledged and then lost; clients
# repeat them at the new primary. Ends in any case within the pod's grace period.
set -eu
. "$CONFIG_DIR/common.sh"
[ "$MEMBERS" != "$SELF" ] || exit 0
[ "$(role_of "$SELF")" = master ] || exit 0

ask "$SELF" maintenance client pause 15000 write
# What was acknowledged before the pause reaches the replicas within their next round trip.
sleep 1
for sentinel in $SENTINELS; do
  [ "$(ask "$sentinel" health sentinel failover "$PRIMARY_NAME")" = OK ] && break
done
waited=0
while [ "$waited" -lt 12 ]; do
  named=$(primary_by_sentinels)
  if [ -n "$named" ] && [ "$named" != "$SELF" ]; then exit 0; fi
  sleep 1
  waited=$((waited + 1))
done
ask "$SELF" maintenance client unpause
