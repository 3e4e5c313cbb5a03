"""The log of calls, and its index."""

import gc

from isolation.mocks._calls import Call, Log
from isolation.mocks._keys import ROOT, Key


def call_of(key: Key) -> Call:
    """Return a call of the mock at *key*."""
    call = Call()
    call.key = key
    return call


def test_a_finalizer_may_ask_while_the_index_grows() -> None:
    """What the garbage collector runs meanwhile gets an answer, and does not wait for ever."""
    keys = [ROOT.child(f"name{number}") for number in range(50)]
    log = Log()
    lengths: list[int] = []
    answers: set[int] = set()

    class Garbage:
        def __init__(self) -> None:
            self.me = self

        def __del__(self) -> None:
            answers.add(len(log.of(keys[7])))

    before = gc.get_threshold()
    gc.set_threshold(5, 2, 2)
    try:
        for _ in range(200):
            log = Log(map(call_of, keys))
            Garbage()
            lengths.append(len(log.of(keys[8])))
    finally:
        gc.set_threshold(*before)
    gc.collect()

    assert (set(lengths), answers) == ({1}, {1})
