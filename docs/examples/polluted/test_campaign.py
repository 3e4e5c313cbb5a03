import shop


def test_a_campaign_is_cheaper():
    shop.run_campaign("regular", 20)

    assert shop.price(100) == 80


def test_a_campaign_for_some():
    shop.run_campaign("friends", 50)

    assert shop.price(100, "friends") == 50
