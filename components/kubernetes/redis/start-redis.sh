#!/bin/sh
# Starts a member of Redis: as a replica of the primary that the Sentinels name, or as the primary itself.
set -eu
. "$CONFIG_DIR/common.sh"

has_data() {
  [ -d "$DATA_DIR/appendonlydir" ]
}

# Whether another member holds keys: a primary that comes back without its volume must not wipe them.
others_hold_data() {
  for member in $MEMBERS; do
    [ "$member" = "$SELF" ] && continue
    keys=$(ask "$member" health dbsize)
    case "$keys" in
      "" | 0 | *[!0-9]*) ;;
      *) return 0 ;;
    esac
  done
  return 1
}

patience=4
if has_data; then patience=60; fi
primary=$(find_primary "$patience")
while [ "$primary" = "$SELF" ] && ! has_data && others_hold_data; do
  echo "this member is named the primary but its volume is empty: waiting until another one is promoted"
  sleep 2
  primary=$(find_primary 0)
done

umask 077
{
  cat "$CONFIG_DIR/redis.conf"
  tls_options
  echo "dir \"$DATA_DIR\""
  echo "aclfile \"$RUN_DIR/users.acl\""
  echo "replica-announce-ip $SELF_HOST"
  echo "replica-announce-port $SELF_PORT"
  echo "masteruser replication"
  echo "masterauth $(password_of replication)"
  if [ "$primary" != "$SELF" ]; then
    echo "replicaof ${primary%:*} ${primary##*:}"
  fi
} >"$RUN_DIR/redis.conf"
collect_users redis.acl >"$RUN_DIR/users.acl"
echo "starting $SELF, primary is $primary"

# Redis loads the files again when it is told their names again.
load_certificate() {
  ask "$SELF" maintenance config set tls-cert-file "$TLS_DIR/tls.crt" tls-key-file "$TLS_DIR/tls.key" \
    tls-ca-cert-file "$TLS_DIR/ca.crt"
}

serve load_certificate redis-server "$RUN_DIR/redis.conf"
