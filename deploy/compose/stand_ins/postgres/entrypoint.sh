#!/bin/bash
# Makes the cluster in an empty data folder, then becomes the server with the arguments given.
set -euo pipefail
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  mkdir -p "$PGDATA"
  chmod 700 "$PGDATA"
  # shellcheck disable=SC2086 # several options in one variable
  initdb --encoding=UTF8 --locale=C.UTF-8 --username=postgres --pwfile=<(printf '%s\n' "${POSTGRES_PASSWORD:?}") \
    --auth-host=scram-sha-256 --auth-local=trust ${POSTGRES_INITDB_ARGS:-}
  echo "host all all all scram-sha-256" >> "$PGDATA/pg_hba.conf"
fi
[ "${1:-}" = postgres ] && shift
exec postgres -c listen_addresses='*' -c unix_socket_directories=/var/run/postgresql "$@"
