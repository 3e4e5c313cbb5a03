"""The ways to reach a user; applications add their own."""

from notify import mail
from notify.connections import manager

CHANNELS = {"chat": manager.send, "mail": mail.notify}


def deliver(channel, user, text):
    return CHANNELS[channel](user, text)
