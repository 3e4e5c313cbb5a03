"""Describe a class and its members for mocks."""

from isolation.mocks.inspection import (
    describe_class,
    describe_construction,
    describe_function,
    describe_member,
    signature_of,
)

__all__ = ["describe_class", "describe_construction", "describe_function", "describe_member", "signature_of"]
