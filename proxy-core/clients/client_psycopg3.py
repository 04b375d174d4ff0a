import psycopg
from common import DERIVED, URL, check, reset, soon

print("psycopg", psycopg.__version__, "libpq", psycopg.pq.version())
connection = psycopg.connect(URL, autocommit=True)
connection.execute("CREATE TABLE client_items (id serial PRIMARY KEY, name text)")
with connection.transaction(), connection.cursor() as cursor:
    cursor.executemany("INSERT INTO client_items (name) VALUES (%s)", [("a",), ("b",)])
    with cursor.copy("COPY client_items (name) FROM STDIN") as copy:
        copy.write_row(("c",))
for _ in range(10):  # Prepared from the fifth time on.
    check(3, connection.execute("SELECT count(*) FROM client_items WHERE id > %s", (0,)).fetchone()[0])
with connection.pipeline():
    answers = [connection.execute("SELECT %s::int", (n,)) for n in range(5)]
check([0, 1, 2, 3, 4], [answer.fetchone()[0] for answer in answers])
soon(connection.cancel)
try:
    connection.execute("SELECT pg_sleep(60)")
    raise AssertionError("not cancelled")
except psycopg.errors.QueryCanceled:
    pass
connection.execute("CREATE DATABASE derived")
with psycopg.connect(DERIVED) as derived:
    check("derived", derived.execute("SELECT current_database()").fetchone()[0])
reset()
try:
    connection.execute("SELECT 1")
    raise AssertionError("still there")
except psycopg.OperationalError as e:
    assert "is being reset" in str(e), e
with psycopg.connect(URL) as connection:
    check(None, connection.execute("SELECT to_regclass('client_items')").fetchone()[0])
