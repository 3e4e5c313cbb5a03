import shop


def test_the_price_is_what_it_says():
    price = shop.price(100)

    assert price == 100


def test_a_friend_pays_half():
    price = shop.price(10, "friends")

    assert price == 5
