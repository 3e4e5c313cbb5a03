"""Messages for users who are not connected."""

import os


def attempts():
    return int(os.environ.get("NOTIFY_ATTEMPTS", "3"))


def send(user, text):
    raise ConnectionError(f"no mail server for {user}: {text}")


def notify(user, text):
    for _ in range(attempts()):
        try:
            return send(user, text)
        except ConnectionError:
            continue
    return "given up"
