#!/bin/sh
# backup.sh DATA TARGET DAYS: copy callbacks and staff accounts while Lotse runs, check the copies,
# and delete copies older than DAYS. Conversations are left out: they live for a day only, and a
# copy would keep what people have deleted.
set -eu
umask 077
data=$1 target=$2 days=$3
day=$(date -u +%Y-%m-%dT%H%M%SZ)
mkdir -p "$target"
for name in handovers staff; do
    [ -f "$data/$name.sqlite" ] || continue
    copy="$target/$name-$day.sqlite"
    # Not cp: in WAL mode part of the data lies in a second file.
    sqlite3 "$data/$name.sqlite" ".timeout 10000" ".backup '$copy'"
    if [ "$(sqlite3 "$copy" 'PRAGMA integrity_check')" != ok ]; then
        echo "The copy $copy is damaged." >&2
        exit 1
    fi
done
find "$target" -name '*.sqlite' -mtime "+$((days - 1))" -delete
