"""Isolated mocks: a class is introspected once into a blueprint, which stamps out mocks whose state is in a ledger."""
