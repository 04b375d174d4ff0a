"""What every Python client is given, and what it is asked to do between two steps."""
import os
import shlex
import subprocess
import threading

URL = os.environ["DATABASE_URL"]
DERIVED = os.environ["DERIVED_URL"]


def reset():
    subprocess.run(shlex.split(os.environ["RESET_COMMAND"]), check=True, stdout=subprocess.DEVNULL)


def soon(action):
    threading.Timer(0.5, action).start()


def check(expected, got):
    assert expected == got, f"expected {expected!r}, got {got!r}"
