#!/bin/sh
# Starts a member of ZooKeeper. Its number is its ordinal plus one: zero is no valid number.
set -eu
. "$CONFIG_DIR/serve.sh"
mkdir -p "$DATA_DIR/data" "$DATA_DIR/log"
echo $((${POD_NAME##*-} + 1)) >"$DATA_DIR/data/myid"
{
  cat "$CONFIG_DIR/zookeeper.properties"
  echo "dataDir=$DATA_DIR/data"
  echo "dataLogDir=$DATA_DIR/log"
} >"$RUN_DIR/zookeeper.properties"
serve zookeeper-server-start "$RUN_DIR/zookeeper.properties"
