"""Parallel runs: what the workers of pytest-xdist find comes together in one summary and one report."""

import pytest

from tests.plugin.said import REPORT, Record, findings, records, section

SUITE = """
    import socket
    import pytest

    kept = []

    def leak():
        kept.append(socket.socket())

    def teardown_module():
        kept[2].close()  # the one that may leak

    @pytest.fixture(scope="module")
    def server():
        leak()

    def test_first(server):
        leak()

    @pytest.mark.isolation_allow("descriptors")
    def test_second():
        leak()

    def test_last(server):
        pass
"""


def without_worker(record: Record) -> Record:
    """Return *record* as a run without workers has it."""
    return {key: value for key, value in record.items() if key != "worker"}


def test_findings_name_their_worker(pytester: pytest.Pytester) -> None:
    """Everything that was found is in the report of the controller, with the worker that found it."""
    pytester.makepyfile(SUITE)

    result = pytester.runpytest_subprocess("-n1", REPORT, timeout=100)

    result.assert_outcomes(passed=3)
    found = [(record["owner"]["name"], record["excused"], record["worker"]) for record in findings(pytester.path)]
    assert found == [("test_first", None, "gw0"), ("test_second", "marker", "gw0"), ("server", None, "gw0")]


def test_a_parallel_run_says_the_same(pytester: pytest.Pytester) -> None:
    """Neither findings nor totals nor the section differ from those of a run in one process."""
    pytester.makepyfile(test_it=SUITE)

    one = pytester.runpytest_inprocess("--isolation-mode=restore", REPORT)
    serial = records(pytester.path)
    many = pytester.runpytest_subprocess("-n2", "--dist=loadfile", "--isolation-mode=restore", REPORT, timeout=100)
    parallel = records(pytester.path)

    assert section(many) == section(one)
    assert list(map(without_worker, parallel[1:-1])) == list(map(without_worker, serial[1:-1]))
    for key in ("tests", "findings", "notes", "excused", "isolation_score", "loops_inspected", "blind"):
        assert parallel[-1][key] == serial[-1][key], key


def test_a_leak_fails_in_a_worker(pytester: pytest.Pytester) -> None:
    """Mode fail makes errors in workers as it does without."""
    pytester.makepyfile(SUITE)

    result = pytester.runpytest_subprocess("-n1", "--isolation-mode=fail", timeout=100)

    result.assert_outcomes(passed=3, errors=2)
    result.stdout.fnmatch_lines_random(["*ERROR at teardown of test_first*", "*ERROR at teardown of test_last*"])


def test_what_a_worker_finds_at_its_end_arrives(pytester: pytest.Pytester) -> None:
    """A fixture that comes to its end after the last report of a worker is in the summary, too."""
    pytester.makepyfile(
        test_it="""
        import socket
        import pytest

        kept = []

        @pytest.fixture(scope="module")
        def server():
            kept.append(socket.socket())

        def test_fails(server):
            assert False

        def test_is_not_run(server):
            pass
        """
    )

    pytester.runpytest_subprocess("-n1", "-x", REPORT, timeout=100)

    assert [(record["owner"]["name"], record["worker"]) for record in findings(pytester.path)] == [("server", "gw0")]


def test_a_worker_that_dies_has_reported(pytester: pytest.Pytester) -> None:
    """Findings travel with each test: what a worker found before it crashed is not lost."""
    pytester.makepyfile(
        test_it="""
        import os
        import socket

        kept = []

        def test_leaks():
            kept.append(socket.socket())

        def test_crashes():
            os.kill(os.getpid(), 9)
        """
    )

    pytester.runpytest_subprocess("-n1", "--max-worker-restart=0", REPORT, timeout=100)

    assert [(record["owner"]["name"], record["worker"]) for record in findings(pytester.path)] == [
        ("test_leaks", "gw0")
    ]


def test_an_excuse_of_a_worker_is_of_use(pytester: pytest.Pytester) -> None:
    """Only what excused nothing in any process is stale."""
    pytester.makeini("[pytest]\nisolation_allow =\n  descriptors: *.leak = creator\n  threads: nobody = name\n")
    pytester.makepyfile(test_it=SUITE)

    result = pytester.runpytest_subprocess("-n1", timeout=100)

    stale = [line for line in result.outlines if "excused nothing" in line]
    assert stale == ["isolation: 'threads: nobody = name' excused nothing in this run; it can go"]


def test_a_wrong_marker_is_refused_by_the_workers(pytester: pytest.Pytester) -> None:
    """The workers collect, so it is they who find wrong markers; the message arrives, and no test runs."""
    pytester.makepyfile(test_it="import pytest\n@pytest.mark.isolation_mode('fial')\ndef test_passes(): pass\n")

    result = pytester.runpytest_subprocess("-n1", timeout=100)

    result.assert_outcomes(errors=1)
    assert (
        "unknown isolation mode 'fial' in @pytest.mark.isolation_mode of test_it.py::test_passes; did you mean 'fail'?"
    ) in result.outlines


def test_a_wrong_holder_is_refused_by_the_workers(pytester: pytest.Pytester) -> None:
    """Holders are looked up where the tests are imported; the message arrives, and no test runs."""
    pytester.makeini("[pytest]\nisolation_holders = json:decodr\n")
    pytester.makepyfile(test_it="def test_passes(): pass")

    result = pytester.runpytest_subprocess("-n1", timeout=100)

    assert result.parseoutcomes().get("passed", 0) == 0
    assert (
        "unknown attribute of json 'decodr' in isolation_holders of tox.ini; did you mean 'decoder'?"
    ) in result.outlines
