"""The first mail that a user gets."""

from shop.mail import connect


async def welcome(name: str) -> None:
    """Write to *name*, unless somebody has already."""
    mailer = await connect("mail.example.com")
    if not await mailer.sent_to(name):
        await mailer.send(name, "Welcome")
