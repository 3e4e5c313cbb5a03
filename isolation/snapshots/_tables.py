"""Flat tables of records, one for each kind of container, and the quick look at all of them.

What a chunk of records refers to is listed in one call, with a mark after each record, and compared with the bytes of
the last time.  Only if these differ are they split at the marks, and only records whose part differs are read.
"""

import gc
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain, compress
from operator import ne
from typing import Any

from isolation.snapshots._contents import Difference
from isolation.snapshots._kinds import Kind
from isolation.snapshots._pointers import SIZE, pointers

CHUNK = 256
_MARK = (object(),)
_MARK_BYTES = pointers(_MARK)
_NOTHING = ()
_ROOM = 64


class _Chunk:
    """Some records that are looked at together.

    Attributes:
        objects: What is asked for its referents: container, mark, container, mark, ...
        raw: The referents as they are when all records are as saved.
        keyed: The dicts whose keys are compared.
        keys: Their keys.
    """

    __slots__ = ("keyed", "keys", "objects", "raw")

    def __init__(self) -> None:
        self.objects: tuple[object, ...] = ()
        self.raw = b""
        self.keyed: list[dict[object, object]] = []
        self.keys = b""

    def is_same(self) -> bool:
        """Tell whether nothing has changed."""
        return pointers(gc.get_referents(*self.objects)) == self.raw and (
            not self.keyed or pointers(chain.from_iterable(self.keyed)) == self.keys
        )


class Table:
    """The records of one kind.

    Args:
        kind: What they have in common.
        find: Returns the container that holds the state of an owner, at present, if that can be exchanged.
        taken: The identities of such containers, of this and of other tables.
    """

    def __init__(self, kind: Kind, find: Callable[[Any], Any] | None = None, taken: set[int] | None = None) -> None:
        self.kind = kind
        self.copy = kind.copy
        self._find = find
        self._taken: set[int] = set() if taken is None else taken
        self.owners: list[object] = []
        self.bodies: list[Any] = []
        self.saved: list[Any] = []
        self.known: set[int] = set()
        self._index: dict[int, int] | None = None
        self._chunks: list[_Chunk] = []

    @property
    def index(self) -> dict[int, int]:
        """The positions of the records by the identities of their owners."""
        if self._index is None:  # nobody has asked for it; nothing was discarded
            self._index = dict(zip(map(id, self.owners), range(len(self.owners)), strict=True))
        return self._index

    def add(self, owners: Mapping[int, object], bodies: Collection[object]) -> list[object]:
        """Append records of *owners*, given by identity, none of which is known, and return their contents."""
        start = len(self.owners)
        self.known.update(owners)
        if self._index is not None:
            self._index.update(zip(owners, range(start, start + len(owners)), strict=True))
        self.owners += owners.values()
        self.bodies += bodies
        self._append(start)  # before copying: what changes meanwhile must differ at the next look
        saved = list(map(self.copy, bodies))
        self.saved += saved
        for number in range(start // CHUNK, len(self._chunks)):
            self._save_keys(number)
        return saved

    def looked(self) -> Iterator[tuple[int, Any, Sequence[Difference]]]:
        """Yield the position, the present contents and the differences of each record that has changed."""
        for number, chunk in enumerate(self._chunks):
            if not chunk.is_same():
                yield from self._differing(number, chunk)

    def save(self, positions: Collection[int]) -> None:
        """Save the present contents of the records at *positions*."""
        self._follow(positions)
        self.settle(positions)  # before copying: what changes meanwhile must differ at the next look
        for position in positions:
            self.saved[position] = self.copy(self.bodies[position])
        for number in {position // CHUNK for position in positions}:
            self._save_keys(number)

    def settle(self, positions: Collection[int]) -> None:
        """Note that what the records at *positions* refer to is what is saved, perhaps in another way than before."""
        numbers = {position // CHUNK for position in positions}
        parts = {number: self._parts(self._chunks[number].raw, number) for number in numbers}
        for position in positions:
            parts[position // CHUNK][position % CHUNK] = self._part(position)
        for number in numbers:
            self._chunks[number].raw = _joined(parts[number])

    def restored(self, positions: Collection[int]) -> dict[int, Sequence[Difference]]:
        """Return what of the records at *positions* is not as saved; the others are settled."""
        self._follow(positions)
        changed = {number for number in {position // CHUNK for position in positions} if not self._is_same(number)}
        differences = {
            position: self.kind.differences(self.saved[position], self.present(position))
            for position in positions
            if position // CHUNK in changed
        }
        self.settle([position for position, found in differences.items() if not found])
        return differences

    def _is_same(self, number: int) -> bool:
        return self._chunks[number].is_same()

    def discard(self, owner_ids: Collection[int]) -> list[object]:
        """Forget the records of owners and return what was saved of them."""
        positions = [self.index.pop(owner_id) for owner_id in owner_ids]
        self.known.difference_update(owner_ids)
        contents = [self.saved[position] for position in positions]
        numbers = {position // CHUNK for position in positions}
        parts = {number: self._parts(self._chunks[number].raw, number) for number in numbers}
        for position in positions:
            parts[position // CHUNK][position % CHUNK] = b""
            self.owners[position] = self.bodies[position] = self.saved[position] = _NOTHING
        for number in numbers:
            self._chunks[number].raw = _joined(parts[number])
            self._chunks[number].objects = self._objects(number)
            self._save_keys(number)
        if len(self.owners) > _ROOM and len(self.index) * 2 < len(self.owners):
            self._compact()
        return contents

    def _compact(self) -> None:
        """Close the gaps that discarded records have left."""
        parts = [part for number, chunk in enumerate(self._chunks) for part in self._parts(chunk.raw, number)]
        kept = sorted(self.index.values())
        parts = [parts[position] for position in kept]
        self.owners, self.bodies, self.saved = (
            [column[position] for position in kept] for column in (self.owners, self.bodies, self.saved)
        )
        self._index = None
        self._chunks = [_Chunk() for _ in range(0, len(kept), CHUNK)]
        for number, chunk in enumerate(self._chunks):
            chunk.objects = self._objects(number)
            chunk.raw = _joined(parts[number * CHUNK : (number + 1) * CHUNK])
            self._save_keys(number)

    def _append(self, start: int) -> None:
        for number in range(start // CHUNK, (len(self.owners) + CHUNK - 1) // CHUNK):
            if number == len(self._chunks):
                self._chunks.append(_Chunk())
            chunk = self._chunks[number]
            fresh = self._objects_between(max(start, number * CHUNK), (number + 1) * CHUNK)
            chunk.objects += fresh
            chunk.raw += pointers(gc.get_referents(*fresh))

    def _objects(self, number: int) -> tuple[object, ...]:
        return self._objects_between(number * CHUNK, (number + 1) * CHUNK)

    def _objects_between(self, start: int, end: int) -> tuple[object, ...]:
        bodies = self.bodies[start:end]
        objects: list[object]
        if self.kind.has_owner:
            objects = [_MARK] * (3 * len(bodies))
            objects[::3], objects[1::3] = self.owners[start:end], bodies
        else:
            objects = [_MARK] * (2 * len(bodies))
            objects[::2] = bodies
        return tuple(objects)

    def _save_keys(self, number: int) -> None:
        if self.kind.is_keyed:
            chunk, part = self._chunks[number], slice(number * CHUNK, (number + 1) * CHUNK)
            saved = self.saved[part]
            chunk.keyed = [body for body, contents in zip(self.bodies[part], saved, strict=True) if contents]
            chunk.keys = pointers(chain.from_iterable(saved))

    def _differing(self, number: int, chunk: _Chunk) -> Iterator[tuple[int, Any, Sequence[Difference]]]:
        first = number * CHUNK
        parts = self._parts(pointers(gc.get_referents(*chunk.objects)), number)
        saved_parts = self._parts(chunk.raw, number)
        suspects = self._suspects(number, parts, saved_parts)
        for position in self._follow(suspects):
            parts[position - first] = self._part(position)
        is_settled = False
        for position in suspects:
            now = self.present(position)
            differences = self.kind.differences(self.saved[position], now)
            if differences:
                yield position, now, differences
            else:  # the same contents, referred to in another way
                saved_parts[position - first], is_settled = parts[position - first], True
        if is_settled:
            chunk.raw = _joined(saved_parts)

    def _follow(self, positions: Iterable[int]) -> list[int]:
        """Turn to the containers in which owners keep their state by now; return where these are other ones."""
        moved = [
            position
            for position in positions
            if self._find is not None and self.body(position) is not self.bodies[position]
        ]
        for position in moved:
            self._taken.discard(id(self.bodies[position]))
            self.bodies[position] = self.body(position)
            self._taken.add(id(self.bodies[position]))
        for number in {position // CHUNK for position in moved}:
            self._chunks[number].objects = self._objects(number)
        return moved

    def present(self, position: int) -> object:
        """Return the present contents of the record at *position*."""
        return self.copy(self.body(position))

    def body(self, position: int) -> Any:  # noqa: ANN401 - of any kind
        """Return the container that holds the state of the record at *position* at present."""
        return self.bodies[position] if self._find is None else self._find(self.owners[position])

    def _suspects(self, number: int, parts: list[bytes], saved_parts: list[bytes]) -> list[int]:
        first = number * CHUNK
        suspects = list(compress(range(first, first + len(parts)), map(ne, parts, saved_parts)))
        return sorted({*suspects, *self._renamed(first, suspects)}) if self.kind.is_keyed else suspects

    def _renamed(self, first: int, suspects: Sequence[int]) -> Sequence[int]:
        """Return the dicts of a chunk whose keys have changed, but not what they refer to."""
        bodies, saved = self.bodies[first : first + CHUNK], self.saved[first : first + CHUNK]
        for position in suspects:
            bodies[position - first] = saved[position - first] = _NOTHING
        if pointers(chain.from_iterable(bodies)) == pointers(chain.from_iterable(saved)):
            return []
        return [first + offset for offset, body in enumerate(bodies) if pointers(body) != pointers(saved[offset])]

    def _part(self, position: int) -> bytes:
        owner, body = self.owners[position], self.bodies[position]
        return pointers(gc.get_referents(owner, body) if self.kind.has_owner else gc.get_referents(body))

    def _parts(self, raw: bytes, number: int) -> list[bytes]:
        return _parted(raw, min(len(self.owners) - number * CHUNK, CHUNK))


def _joined(parts: Iterable[bytes]) -> bytes:
    return _MARK_BYTES.join([*parts, b""])


def _parted(raw: bytes, count: int) -> list[bytes]:
    """Return the *count* parts of *raw* between marks."""
    parts = raw.split(_MARK_BYTES)[:-1]
    is_aligned = len(parts) == count and not any(length % SIZE for length in set(map(len, parts)))
    return parts if is_aligned else _split(raw)


def _split(raw: bytes) -> list[bytes]:
    """Return the parts of *raw* between marks, where the bytes of a mark occur between two other pointers as well."""
    parts: list[bytes] = []
    start = 0
    for end in range(0, len(raw), SIZE):
        if raw[end : end + SIZE] == _MARK_BYTES:
            parts.append(raw[start:end])
            start = end + SIZE
    return parts


class MeasuredTable(Table):
    """The records of a kind whose referents do not tell: each is read at each look."""

    def _is_same(self, number: int) -> bool:  # noqa: ARG002 - only a reading shows it
        return False

    def looked(self) -> Iterator[tuple[int, Any, Sequence[Difference]]]:
        """Yield the position, the present contents and the differences of each record that has changed."""
        copy, differences, count = self.copy, self.kind.differences, self.kind.count
        for position in self.index.values():
            if count is not None and count(self.bodies[position]) == len(self.saved[position]):
                continue
            now = copy(self.bodies[position])
            found = differences(self.saved[position], now)
            if found:
                yield position, now, found
