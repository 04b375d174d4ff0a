import sqlalchemy
from sqlalchemy import Column, Integer, MetaData, String, Table, create_engine, inspect, select, text
from common import DERIVED, URL, check, reset, soon

print("SQLAlchemy", sqlalchemy.__version__)


def engine(url, **options):
    return create_engine(url.replace("postgres://", "postgresql://"), **options)


pool = engine(URL, pool_pre_ping=True, pool_size=3)
metadata = MetaData()
items = Table("client_items", metadata, Column("id", Integer, primary_key=True), Column("name", String))
metadata.create_all(pool)
with pool.begin() as connection:
    connection.execute(items.insert(), [{"name": "a"}, {"name": "b"}])
    check([("a",), ("b",)], connection.execute(select(items.c.name).order_by(items.c.id)).fetchall())
check(True, inspect(pool).has_table("client_items"))
with pool.connect() as connection:
    soon(connection.connection.cancel)
    try:
        connection.execute(text("SELECT pg_sleep(60)"))
        raise AssertionError("not cancelled")
    except sqlalchemy.exc.OperationalError as e:
        check("57014", e.orig.pgcode)
with pool.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
    connection.execute(text("CREATE DATABASE derived"))
with engine(DERIVED).connect() as connection:
    check("derived", connection.execute(text("SELECT current_database()")).scalar())
reset()
# The pool asks before it hands out a connection, and opens a new one.
with pool.connect() as connection:
    check(None, connection.execute(text("SELECT to_regclass('client_items')")).scalar())
