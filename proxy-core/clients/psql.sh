# psql, and through it libpq: DATABASE_URL, DERIVED_URL, RESET_COMMAND and CA are given.
set -euo pipefail
ask() { psql -X -A -t -q -v ON_ERROR_STOP=1 "$@"; }
expect() { [ "$1" = "$2" ] || { echo "expected \"$1\", got \"$2\""; exit 1; }; }

psql --version
url=$DATABASE_URL
secure="${url%%\?*}?sslmode=verify-full&sslrootcert=$CA&channel_binding=require"
secure=$(printf '%s' "$secure" | sed 's#127\.0\.0\.1#localhost#')
if [ -n "${NEWEST:-}" ]; then
  # Direct TLS with ALPN, and long cancel keys.
  secure="$secure&sslnegotiation=direct&max_protocol_version=latest"
fi
ask "$secure" -c 'CREATE TABLE client_items (id serial PRIMARY KEY, name text)'
expect 3 "$(ask "$secure" -c "INSERT INTO client_items (name) VALUES ('a'), ('b'), ('c')" -c 'SELECT count(*) FROM client_items')"
expect 'a b c' "$(ask "$url" -c "SELECT string_agg(name, ' ' ORDER BY id) FROM client_items")"
ask "$url" -c '\copy client_items (name) from stdin' <<<'copied'
expect 4 "$(ask "$url" -c '\copy client_items to stdout' | wc -l)"
for one in "$url" "$secure"; do
  said=$(timeout -s INT 2 psql -X "$one" -c 'SELECT pg_sleep(60)' 2>&1 || true)
  case $said in *'canceling statement due to user request'*) ;; *) echo "not cancelled: $said"; exit 1 ;; esac
done
ask "$url" -c 'CREATE DATABASE derived'
expect derived "$(ask "$url" -c '\c derived' -c 'SELECT current_database()' | tail -1)"
expect derived "$(ask "$DERIVED_URL" -c 'SELECT current_database()')"
(sleep 0.5; $RESET_COMMAND >/dev/null) &
said=$(psql -X "$url" -c 'SELECT pg_sleep(60)' 2>&1 || true)
wait
case $said in *'is being reset'*) ;; *) echo "not told: $said"; exit 1 ;; esac
expect '' "$(ask "$url" -c "SELECT to_regclass('client_items')")"
