#!/bin/sh
# Outlives the process that started it by a moment: standard input closes when that process ends, in whatever way,
# and then the group of every process still named here is killed and the folder removed. Lines: `started PID`, `ended PID`.
folder=$1
trap '' HUP INT TERM
pids=' '
while read -r word pid; do
  case $word in
    started) pids="$pids$pid " ;;
    ended) pids="${pids%% "$pid" *} ${pids#* "$pid" }" ;;
  esac
done
for pid in $pids; do kill -KILL "-$pid" 2>/dev/null; done
# A process that was just killed may still be writing its last file.
for _ in 1 2 3 4 5; do rm -rf "$folder" && break; sleep 0.2; done
