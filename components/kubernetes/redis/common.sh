# Shared by the scripts of this folder, which run in the image of Redis (Debian, sh) and in the tests.
#
# From the pod: CONFIG_DIR, SECRETS_DIR (<user>/password, <user>/redis.acl, <user>/sentinel.acl), TLS_DIR, RUN_DIR
# (memory, for what holds a password), DATA_DIR (the volume), SELF_HOST, SELF_PORT, MEMBERS and SENTINELS
# ("host:port host:port"), PRIMARY_NAME, QUORUM, WATCH_SECONDS.

SELF="$SELF_HOST:$SELF_PORT"

password_of() {
  cat "$SECRETS_DIR/$1/password"
}

# ask HOST:PORT USER COMMAND...: the answer, or nothing when there is none within three seconds.
ask() {
  target=$1
  user=$2
  shift 2
  REDISCLI_AUTH=$(password_of "$user") timeout 3 redis-cli --no-auth-warning --user "$user" \
    --tls --cacert "$TLS_DIR/ca.crt" -h "${target%:*}" -p "${target##*:}" "$@" 2>/dev/null || true
}

role_of() {
  ask "$1" health role | head -n 1
}

# The primary that most Sentinels name, as host:port; nothing when none answers. One that asks leaves itself out.
primary_by_sentinels() {
  for sentinel in $SENTINELS; do
    [ "$sentinel" = "$SELF" ] && continue
    ask "$sentinel" health sentinel get-master-addr-by-name "$PRIMARY_NAME" | paste -s -d : -
  done | grep -E '^[^:]+:[0-9]+$' | sort | uniq -c | sort -rn | sed -n '1s/^ *[0-9]* //p'
}

primary_by_members() {
  for member in $MEMBERS; do
    [ "$member" = "$SELF" ] && continue
    if [ "$(role_of "$member")" = master ]; then
      echo "$member"
      return
    fi
  done
}

# The primary: what the Sentinels say, else the member that says so itself, else the first member, which is right
# only when everything starts for the first time. A volume with data waits for the Sentinels for up to a minute,
# because after a restart of everything only they know who was the primary last.
find_primary() {
  patience=$1
  while :; do
    found=$(primary_by_sentinels)
    [ -n "$found" ] || found=$(primary_by_members)
    if [ -n "$found" ] || [ "$patience" -le 0 ]; then
      break
    fi
    patience=$((patience - 2))
    sleep 2
  done
  echo "${found:-${MEMBERS%% *}}"
}

tls_options() {
  echo "port 0"
  echo "tls-port $SELF_PORT"
  echo "tls-cert-file \"$TLS_DIR/tls.crt\""
  echo "tls-key-file \"$TLS_DIR/tls.key\""
  echo "tls-ca-cert-file \"$TLS_DIR/ca.crt\""
}

# collect_users FILE: the lines of all users that may be known here. Nobody gets in without a name.
collect_users() {
  echo "user default off nopass resetchannels -@all"
  for line in "$SECRETS_DIR"/*/"$1"; do
    if [ -s "$line" ]; then
      cat "$line"
      echo
    fi
  done
}

# Calls COMMAND... each time the certificate changes on disk.
on_renewed_certificate() {
  seen=$(cksum <"$TLS_DIR/tls.crt")
  while sleep "$WATCH_SECONDS"; do
    now=$(cksum <"$TLS_DIR/tls.crt")
    if [ "$now" != "$seen" ]; then
      seen=$now
      "$@"
    fi
  done
}

# Runs the server named by the arguments until it ends, hands it the stop signal, and waits while it saves.
serve() {
  renewed=$1
  shift
  "$@" &
  server=$!
  on_renewed_certificate "$renewed" "$server" &
  watcher=$!
  trap 'kill -TERM "$server" 2>/dev/null || true' TERM INT
  status=0
  wait "$server" || status=$?
  # A signal ends the first wait early: the server is still there.
  while kill -0 "$server" 2>/dev/null; do
    status=0
    wait "$server" || status=$?
  done
  kill "$watcher" 2>/dev/null || true
  exit "$status"
}
