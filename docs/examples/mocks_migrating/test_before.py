from unittest.mock import create_autospec, patch

from shop.mail import Mailer
from shop.welcome import welcome


@patch("shop.welcome.connect", autospec=True)
async def test_a_new_user_gets_a_mail(connect):
    mailer = create_autospec(Mailer, instance=True)
    mailer.sent_to.return_value = []
    connect.return_value = mailer

    await welcome("ann")

    mailer.send.assert_awaited_once_with("ann", "Welcome")


@patch("shop.welcome.connect", autospec=True)
async def test_nobody_gets_two(connect):
    mailer = create_autospec(Mailer, instance=True)
    mailer.sent_to.return_value = ["Welcome"]
    connect.return_value = mailer

    await welcome("ann")

    mailer.send.assert_not_awaited()
