import pytest
from shop.mail import Mailer
from shop.welcome import welcome


@pytest.fixture
def mailer(isolated_mock, isolated_patch):
    mailer = isolated_mock(Mailer)
    isolated_patch("shop.welcome.connect").return_value = mailer
    return mailer


async def test_a_new_user_gets_a_mail(mailer):
    await welcome("ann")

    mailer.send.assert_awaited_once_with("ann", "Welcome")


async def test_nobody_gets_two(mailer):
    mailer.sent_to.return_value = ["Welcome"]

    await welcome("ann")

    mailer.send.assert_not_awaited()
