#!/bin/sh
# Starts a broker under its ordinal, in the zone of its node where Kubernetes tells it.
set -eu
. "$CONFIG_DIR/serve.sh"
{
  cat "$CONFIG_DIR/server.properties"
  echo "broker.id=${POD_NAME##*-}"
  echo "advertised.listeners=CLIENTS://$SELF_HOST:$CLIENTS_PORT,BROKERS://$SELF_HOST:$BROKERS_PORT"
  echo "log.dirs=$DATA_DIR/data"
  if [ -n "${ZONE:-}" ]; then echo "broker.rack=$ZONE"; fi
} >"$RUN_DIR/server.properties"
serve kafka-server-start "$RUN_DIR/server.properties"
