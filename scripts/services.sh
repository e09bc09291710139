#!/usr/bin/env bash
# A PostgreSQL server for the tests of the service: prints HYPERSPHERE_TEST_DATABASE=..., for whoever calls it to set, or one line on
# standard error that says why there is none. Installs Debian's postgresql, and the redis-server, nats-server, mosquitto and kcat (for its mock of Kafka)
# that the tests of workers over brokers start by themselves, where that can be done without asking anybody. Never fails: without a server, its tests are skipped.
#   scripts/services.sh start FOLDER    a server whose data lies in FOLDER, on a socket there and on no network
#   scripts/services.sh stop FOLDER
set -uo pipefail
command="${1:-}"
folder="${2:-}"
if [[ -z "$folder" || ! "$command" =~ ^(start|stop)$ ]]; then
  echo "usage: scripts/services.sh start|stop FOLDER" >&2
  exit 2
fi

none() {
  echo "services: no PostgreSQL ($1); its tests are skipped" >&2
  exit 0
}

binaries() {
  local path
  for path in /usr/lib/postgresql/*/bin; do [[ -x "$path/initdb" ]] && echo "$path" && return; done
  path="$(command -v initdb 2>/dev/null)" && dirname "$path"
}

# Debian's servers lie where the shells of most users do not look.
has() { command -v "$1" >/dev/null || [[ -x "/usr/sbin/$1" ]]; }

install() {
  [[ -x /usr/bin/apt-get && "$(id -u)" == 0 ]] || return 0
  # No package starts a server of its own.
  export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
  local install=(timeout 240 apt-get install -y --no-install-recommends "$@")
  "${install[@]}" >/dev/null 2>&1 || { apt-get update >/dev/null 2>&1; "${install[@]}" >/dev/null 2>&1; }
}

bin="$(binaries)"
if [[ "$command" == start ]]; then
  missing=()
  [[ -n "$bin" ]] || missing+=(postgresql)
  for broker in redis-server nats-server mosquitto kcat; do has "$broker" || missing+=("$broker"); done
  [[ ${#missing[@]} == 0 ]] || install "${missing[@]}"
  bin="$(binaries)"
  for broker in redis-server nats-server mosquitto kcat; do
    has "$broker" || echo "services: no $broker; its tests are skipped" >&2
  done
fi
[[ -n "$bin" ]] || none "not installed, and apt-get could not install it, or only root may"

# The server refuses to run as root.
as_owner() {
  if [[ "$(id -u)" == 0 ]]; then runuser -u postgres -- "$@"; else "$@"; fi
}

if [[ "$command" == stop ]]; then
  as_owner "$bin/pg_ctl" -D "$folder/data" -m immediate stop >/dev/null 2>&1
  exit 0
fi

mkdir -p "$folder"
if [[ "$(id -u)" == 0 ]]; then
  id postgres >/dev/null 2>&1 || none "there is no user postgres"
  chown postgres "$folder"
fi
cd /
# A folder that was stopped before is started again.
[[ -e "$folder/data/PG_VERSION" ]] || as_owner "$bin/initdb" -D "$folder/data" -U hypersphere -A trust -E UTF8 >"$folder.log" 2>&1 || none "initdb failed"
as_owner "$bin/pg_ctl" -D "$folder/data" -w -o "-k $folder -c listen_addresses=''" start >>"$folder.log" 2>&1 </dev/null ||
  none "the server did not start"
echo "HYPERSPHERE_TEST_DATABASE=postgres://hypersphere@localhost/postgres?host=$folder"
