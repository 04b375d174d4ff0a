import psycopg2
from common import DERIVED, URL, check, reset, soon

print("psycopg2", psycopg2.__version__, "libpq", psycopg2.extensions.libpq_version())
connection = psycopg2.connect(URL)
with connection, connection.cursor() as cursor:
    cursor.execute("CREATE TABLE client_items (id serial PRIMARY KEY, name text)")
    cursor.executemany("INSERT INTO client_items (name) VALUES (%s)", [("a",), ("b'",), ("ü",)])
    cursor.execute("SELECT name FROM client_items ORDER BY id")
    check([("a",), ("b'",), ("ü",)], cursor.fetchall())
soon(connection.cancel)
try:
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(60)")
    raise AssertionError("not cancelled")
except psycopg2.errors.QueryCanceled:
    pass
connection.autocommit = True
connection.cursor().execute("CREATE DATABASE derived")
derived = psycopg2.connect(DERIVED)
with derived.cursor() as cursor:
    cursor.execute("SELECT current_database()")
    check("derived", cursor.fetchone()[0])
derived.close()
reset()
try:
    connection.cursor().execute("SELECT 1")
    raise AssertionError("still there")
except psycopg2.OperationalError:
    pass  # It takes what the server said while it was idle for a notice, and does not show that.
connection = psycopg2.connect(URL)
with connection, connection.cursor() as cursor:
    cursor.execute("SELECT to_regclass('client_items')")
    check(None, cursor.fetchone()[0])
