import os

DISCOUNTS = {"regular": 0}


def run_campaign(customer, percent):
    DISCOUNTS[customer] = percent


def price(amount, customer="regular"):
    return amount * (100 - DISCOUNTS[customer]) // 100


def currency():
    return os.environ.get("SHOP_CURRENCY", "EUR")
