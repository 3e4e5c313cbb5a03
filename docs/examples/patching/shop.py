import os
import smtplib


class Pool:
    def __init__(self, dsn):
        self.dsn = dsn

    async def fetch(self, query: str, *args: object) -> list[dict]:
        raise ConnectionError(f"no database at {self.dsn}")


pool = Pool("postgres://db")
prices = {"tea": 4}


async def connect(dsn: str) -> Pool:
    return Pool(dsn)


async def stock() -> int:
    rows = await pool.fetch("select * from stock where shop = $1", os.environ.get("SHOP", "main"))
    return len(rows)


def send(to: str, text: str) -> None:
    with smtplib.SMTP("mail.example.org") as server:
        server.sendmail("shop@example.org", to, text)
