# Runs a Java server until it ends, hands it the stop signal, and ends it for a restart when its certificate was
# renewed on disk: one member after the other, so that the others stay in step.
#
# From the pod: TLS_DIR, WATCH_SECONDS, RESTART_GAP_SECONDS, POD_NAME.

serve() {
  "$@" &
  server=$!
  restart_for_new_certificate "$server" &
  watcher=$!
  trap 'kill -TERM "$server" 2>/dev/null || true' TERM INT
  status=0
  wait "$server" || status=$?
  # A signal ends the first wait early: the server is still handing over.
  while kill -0 "$server" 2>/dev/null; do
    status=0
    wait "$server" || status=$?
  done
  kill "$watcher" 2>/dev/null || true
  exit "$status"
}

restart_for_new_certificate() {
  seen=$(cksum <"$TLS_DIR/tls.crt")
  while sleep "$WATCH_SECONDS"; do
    if [ "$(cksum <"$TLS_DIR/tls.crt")" != "$seen" ]; then
      sleep $((${POD_NAME##*-} * RESTART_GAP_SECONDS))
      kill -TERM "$1"
      return
    fi
  done
}
