from unittest.mock import patch

from notify import mail


def test_three_attempts_by_default():
    assert mail.attempts() == 3


def test_attempts_can_be_set(monkeypatch):
    monkeypatch.setenv("NOTIFY_ATTEMPTS", "1")
    assert mail.attempts() == 1


def test_a_mail_is_given_up():
    assert mail.notify("ann", "hello") == "given up"


def test_a_mail_is_sent():
    with patch("notify.mail.send") as send:
        mail.notify("ann", "hello")
    send.assert_called_once_with("ann", "hello")
