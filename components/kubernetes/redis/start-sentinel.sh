#!/bin/sh
# Starts a Sentinel. Its configuration is its memory (identity, epochs, votes, who is the primary): those lines are
# kept from the last run, everything else is written anew.
set -eu
. "$CONFIG_DIR/common.sh"

config="$DATA_DIR/sentinel.conf"
remembered="$RUN_DIR/remembered"
umask 077
touch "$config"
grep -E '^sentinel (myid|current-epoch|monitor|config-epoch|leader-epoch|known-replica|known-sentinel) ' \
  "$config" >"$remembered" || true

kept() {
  grep -E "^sentinel ($1) " "$remembered" || true
}

monitor=$(kept monitor)
if [ -z "$monitor" ]; then
  primary=$(find_primary 4)
  monitor="sentinel monitor $PRIMARY_NAME ${primary%:*} ${primary##*:} $QUORUM"
fi

{
  cat "$CONFIG_DIR/sentinel.conf"
  tls_options
  echo "dir \"$DATA_DIR\""
  echo "aclfile \"$RUN_DIR/users.acl\""
  echo "sentinel announce-ip $SELF_HOST"
  echo "sentinel announce-port $SELF_PORT"
  echo "sentinel sentinel-user sentinel"
  echo "sentinel sentinel-pass $(password_of sentinel)"
  kept myid
  kept current-epoch
  echo "$monitor"
  cat "$CONFIG_DIR/sentinel-primary.conf"
  echo "sentinel auth-user $PRIMARY_NAME sentinel"
  echo "sentinel auth-pass $PRIMARY_NAME $(password_of sentinel)"
  kept 'config-epoch|leader-epoch|known-replica|known-sentinel'
} >"$config.next"
mv "$config.next" "$config"
collect_users sentinel.acl >"$RUN_DIR/users.acl"
echo "starting $SELF: $monitor"

# A Sentinel cannot load a certificate while it runs, so it ends and is started again, one after the other.
restart() {
  position=0
  for sentinel in $SENTINELS; do
    [ "$sentinel" = "$SELF" ] && break
    position=$((position + 1))
  done
  sleep $((position * 20))
  kill -TERM "$1"
}

serve restart redis-server "$config" --sentinel
