from urllib.parse import unquote, urlsplit

import django
from django.conf import settings
from common import DERIVED, URL, check, reset, soon


def database(url):
    parts = urlsplit(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path[1:],
        "USER": unquote(parts.username),
        "PASSWORD": unquote(parts.password),
        "HOST": parts.hostname,
        "PORT": parts.port,
        "CONN_MAX_AGE": None,
    }


settings.configure(
    DATABASES={"default": database(URL), "derived": database(DERIVED)},
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth"],
)
django.setup()
print("Django", django.get_version())
from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import OperationalError, connection, connections, transaction  # noqa: E402

call_command("migrate", verbosity=0)
with transaction.atomic():
    User.objects.create_user("ada", password="x")
check(1, User.objects.filter(username="ada").count())
soon(connection.connection.cancel)
try:
    connection.cursor().execute("SELECT pg_sleep(60)")
    raise AssertionError("not cancelled")
except OperationalError as e:
    assert "canceling statement" in str(e), e
connection.cursor().execute("CREATE DATABASE derived")
call_command("migrate", database="derived", verbosity=0)
check(0, User.objects.using("derived").count())
connections["derived"].close()
reset()
try:
    User.objects.count()
    raise AssertionError("still there")
except OperationalError:
    pass
connection.close()
call_command("migrate", verbosity=0)
check(0, User.objects.count())
