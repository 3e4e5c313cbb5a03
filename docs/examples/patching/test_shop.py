import shop


# instance-begin
async def test_an_empty_shop(isolated_patch):
    pool = isolated_patch("shop.pool")

    assert await shop.stock() == 0
    pool.fetch.assert_awaited_once_with("select * from stock where shop = $1", "main")
    # instance-end


# rest-begin
async def test_what_else_can_be_replaced(isolated_patch):
    isolated_patch("shop.connect").return_value = None  # a mock that is async, as the function is
    smtp = isolated_patch("shop.smtplib.SMTP")  # of a class: gives mocks of instances
    isolated_patch.object(shop.Pool, "fetch")  # of a method, for all pools
    isolated_patch("shop.stock", lambda: 3)  # whatever is given
    isolated_patch.dict("shop.prices", coffee=5)
    isolated_patch.environment(SHOP="branch", HOME=None)

    assert await shop.connect("dsn") is None
    shop.send("ann@example.org", "tea is here")
    assert await shop.pool.fetch("select 1") == []
    assert (shop.stock(), shop.prices) == (3, {"tea": 4, "coffee": 5})

    smtp.assert_called_once_with("mail.example.org")
    # rest-end


# wrong-begin
async def test_an_argument_too_many(isolated_patch):
    isolated_patch("shop.connect")

    await shop.connect("dsn", 5)
    # wrong-end
