"""What excuses a finding."""

import sysconfig
import threading

import pytest

from isolation._allowances import Allowances, direct_creators
from isolation._settings import Profile, Settings, parse_allowance
from tests.made import CONNECT, IN_TEST, ROOT, finding, frame

PROFILE = Profile(name="test", reason="default", grace=0.1, emergency=5.0, memory=0)
PYCARES = frame(f"{sysconfig.get_path('purelib')}/pycares/__init__.py", 9, "start")
THREADING = frame(threading.__file__, 9, "start")


def allowances(*lines: str) -> Allowances:
    """Return the allowances of a suite that has written *lines*."""
    written = [parse_allowance(line, "isolation_allow") for line in lines]
    return Allowances(Settings(allowances=written, profile=PROFILE), ROOT)


def test_a_marker_comes_first() -> None:
    """What the test itself allows needs no line of the suite, which may be stale then."""
    marked = allowances("tasks: * = name")

    assert marked.excuse(finding(), lambda probe: probe == "tasks") == "marker"
    assert marked.used == set()


def test_an_allowance_that_was_of_use_is_remembered() -> None:
    """The first line that fits is used, as it was written."""
    both = allowances("threads: * = name", "tasks:  heart* = name", "tasks: * = name")

    assert both.excuse(finding(), lambda _: False) == "allowance"
    assert both.used == {"tasks:  heart* = name"}


def test_nothing_excuses_by_default() -> None:
    """What is not excused is a finding."""
    assert allowances().excuse(finding(), lambda _: False) is None


@pytest.mark.parametrize(
    ("allowance", "excuse"),
    [
        ("tasks: heartbeat = name", "allowance"),
        ("tasks: Heartbeat = name", None),
        ("tasks: heart = name", None),
        ("tasks: heartbeat = path", "allowance"),
        ("threads: heartbeat = name", None),
        ("tasks: *.connect = creator", "allowance"),
        ("tasks: app/ws.py = creator", "allowance"),
        ("tasks: app/*.py = creator", "allowance"),
        ("tasks: tests/test_chat.py = creator", "allowance"),
        ("tasks: connect = creator", None),
    ],
)
def test_a_pattern_matches_as_a_whole(allowance: str, excuse: str | None) -> None:
    """A name or a path is compared with the finding's name, a creator with all user code that led to it."""
    assert allowances(allowance).excuse(finding(), lambda _: False) == excuse


def test_what_is_not_seen_being_made_has_no_creator() -> None:
    """Without an origin only a name can excuse."""
    unseen = finding(frames=None)

    assert allowances("tasks: * = creator").excuse(unseen, lambda _: False) is None
    assert allowances("tasks: * = name").excuse(unseen, lambda _: False) == "allowance"


def test_libraries_may_keep_their_threads() -> None:
    """A thread that a well-known library starts for the whole process is no finding."""
    thread = finding(probe="threads", kind="thread", frames=[THREADING, PYCARES, IN_TEST])

    assert allowances().excuse(thread, lambda _: False) == "built-in"


def test_only_the_library_itself_is_excused() -> None:
    """What user code starts through or beside such a library is the user's."""
    thread = finding(probe="threads", kind="thread", frames=[THREADING, CONNECT, PYCARES])
    task = finding(frames=[PYCARES])

    assert allowances().excuse(thread, lambda _: False) is None
    assert allowances().excuse(task, lambda _: False) is None


def test_the_direct_creator_is_the_innermost_code() -> None:
    """It has two names: the dotted one of the innermost code outside the standard library, and a file."""
    thread = finding(probe="threads", kind="thread", frames=[THREADING, CONNECT, IN_TEST])

    assert direct_creators(thread.origin, ROOT) == ["srv.app.app.ws.connect", "app/ws.py"]


@pytest.mark.parametrize("frames", [None, ()])
def test_nobody_is_the_creator_of_what_was_not_seen(frames: tuple[()] | None) -> None:
    """Where nobody has seen the creation, nobody is named."""
    assert direct_creators(finding(frames=frames).origin, ROOT) == []
