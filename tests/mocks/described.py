"""What is known of members of classes, in a form that tests can compare."""

from isolation.mocks._facts import Fresh, Itself, Kind, MemberFacts, Nested, Result
from isolation.mocks.inspection import describe_member


def facts(cls: type, name: str) -> MemberFacts:
    """Return what is known of the member *name* of *cls*, which there must be."""
    found = describe_member(cls, name)
    assert found is not None
    return found


def gives(cls: type, name: str) -> object:
    """Return what the member *name* of *cls* gives: a plain value, or words for what is none."""
    return plain(facts(cls, name).result)


def plain(result: Result) -> object:
    """Return the value of *result*, or words for what is none."""
    if isinstance(result, Fresh):
        return result.make()
    if isinstance(result, Nested):
        found = result.cls()
        return "a mock of nothing" if found is None else f"a {found.__name__}"
    return "itself" if isinstance(result, Itself) else "anything"


def inside(cls: type, name: str, member: str) -> object:
    """Return what *member* gives of the mock that the member *name* of *cls* gives."""
    result = facts(cls, name).result
    assert isinstance(result, Nested)
    return plain(dict(result.members)[member].result)


def is_awaited(cls: type, name: str) -> bool:
    """Tell whether what a call of the member *name* of *cls* gives is awaited."""
    return facts(cls, name).kind is Kind.ASYNC
