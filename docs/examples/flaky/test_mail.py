import os
from unittest.mock import patch

from notify import mail


def test_three_attempts_by_default():
    assert mail.attempts() == 3


def test_attempts_can_be_set():
    os.environ["NOTIFY_ATTEMPTS"] = "1"
    assert mail.attempts() == 1


def test_a_mail_is_given_up():
    assert mail.notify("ann", "hello") == "given up"


def test_a_mail_is_sent():
    send = patch("notify.mail.send").start()
    mail.notify("ann", "hello")
    send.assert_called_once_with("ann", "hello")
