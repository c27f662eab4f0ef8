#!/bin/sh
# Starts a throw-away PostgreSQL on loopback, for tests: prints `URL` on the first line, `data folder` on the second.
#   tools/test-postgres.sh start          → postgresql://… and the folder to give to `stop`
#   tools/test-postgres.sh stop FOLDER    → stops that server and removes its folder
# Servers never run as root: as root this uses the account `postgres` of Debian's package.
set -eu

find_bin() {
  for folder in "${PGBIN:-}" /usr/lib/postgresql/*/bin; do
    [ -n "$folder" ] && [ -x "$folder/initdb" ] && { echo "$folder"; return; }
  done
  program=$(command -v initdb) && { dirname "$program"; return; }
  echo "No PostgreSQL server found (Debian: apt-get install postgresql)." >&2
  exit 3
}

as_server() {
  if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi
}

bin=$(find_bin)
case "${1:-start}" in
  start)
    folder=$(mktemp -d "${TMPDIR:-/tmp}/yinxin-postgres-XXXXXX")
    [ "$(id -u)" != 0 ] || chown postgres "$folder"
    cd "$folder"
    as_server "$bin/initdb" -D "$folder/data" -U yinxin -A trust -E UTF8 --locale=C --no-sync >"$folder/log" 2>&1 ||
      { cat "$folder/log" >&2; exit 4; }
    tries=0
    while :; do
      port=$(node -e 'const s = require("node:net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })')
      if as_server "$bin/pg_ctl" -D "$folder/data" -w -t 60 -l "$folder/server.log" \
        -o "-c listen_addresses=127.0.0.1 -c port=$port -c unix_socket_directories= -c max_connections=300" start >>"$folder/log" 2>&1
      then break; fi
      tries=$((tries + 1))
      [ "$tries" -lt 3 ] || { cat "$folder/log" "$folder/server.log" >&2; exit 5; }
    done
    echo "postgresql://yinxin@127.0.0.1:$port/postgres"
    echo "$folder"
    ;;
  stop)
    cd "$2"
    as_server "$bin/pg_ctl" -D "$2/data" -m immediate -w stop >/dev/null
    cd /
    rm -rf "$2"
    ;;
  *)
    echo "usage: tools/test-postgres.sh start | stop FOLDER" >&2
    exit 2
    ;;
esac
