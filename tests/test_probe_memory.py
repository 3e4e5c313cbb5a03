"""Memory that stays higher after a test."""

import pytest

from isolation.probes._scene import Scene
from isolation.probes.memory import MemoryProbe

MEBIBYTE = 1 << 20


@pytest.fixture
def probe(scene: Scene) -> MemoryProbe:
    """Give a probe with a threshold of one mebibyte."""
    scene.memory_threshold = MEBIBYTE
    return MemoryProbe(scene)


def test_memory_that_stays_higher_is_found(probe: MemoryProbe) -> None:
    """The growth is told, and where it began and ended."""
    before = probe.snapshot()
    kept = bytearray(16 * MEBIBYTE)
    kept[:: 1 << 12] = b"x" * (len(kept) >> 12)

    (found,) = probe.findings(before)

    assert (found.kind, found.severity, found.owner) == ("memory", "warning", None)
    assert found.detail.endswith(" MiB")
    assert probe.is_suspicious(before)


def test_memory_below_the_threshold_is_not_found(probe: MemoryProbe) -> None:
    """One test says little about memory."""
    before = probe.snapshot() + 64 * MEBIBYTE

    assert probe.findings(before) == ()
    probe.restore(before)


def test_garbage_is_not_found(probe: MemoryProbe, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a collection frees was not kept by anybody."""
    before = probe.snapshot()
    sizes = iter([before + 2 * MEBIBYTE, before])
    monkeypatch.setattr(probe, "snapshot", lambda: next(sizes))

    assert probe.findings(before) == ()
