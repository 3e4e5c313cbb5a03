"""The special methods that something which stands for an object can have; the others belong to its class."""

from typing import Final

_NUMERIC: Final = "add sub mul matmul truediv floordiv mod divmod pow lshift rshift and xor or"
_CONVERTING: Final = "neg pos abs invert int float complex index bool round trunc floor ceil hash str repr bytes format"
_CONTAINING: Final = "len length_hint contains getitem setitem delitem missing iter next reversed"
_COMPARING: Final = "lt le gt ge eq ne"
_ACTING: Final = "enter exit aenter aexit aiter anext await call"
_OTHER: Final = "sizeof dir fspath copy deepcopy"

SPECIAL_METHODS: Final = frozenset(
    f"__{name}__"
    for name in (
        *f"{_NUMERIC} {_CONVERTING} {_CONTAINING} {_COMPARING} {_ACTING} {_OTHER}".split(),
        *("r" + name for name in _NUMERIC.split()),
        *("i" + name for name in _NUMERIC.split() if name != "divmod"),
    )
)
