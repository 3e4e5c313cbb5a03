"""Diagnosing failed tests: what is tried, in which order, and what is said in the end."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from isolation._diagnosis import Diagnosis
from isolation._reads import Reads
from isolation._report import Record
from isolation._trials import EVERYTHING, Failure, Rerun, Trial
from isolation._verdicts import Verdict

State = dict[str, object]
Body = Callable[[State], object]


def finding(test: str | None, place: str, before: object, after: object, **more: Any) -> Record:
    """Return the record of a changed place."""
    kind = "test" if test is not None else "collection"
    return {
        "record": "finding",
        "test": test,
        "owner": {"kind": kind, "name": test or "collection", "nodeid": test or "", "scope": "function"},
        "probe": "singletons",
        "kind": "global",
        "severity": "note",
        "place": place,
        "unit": place,
        "before": repr(before),
        "after": repr(after),
        "restored": None,
        **more,
    }


class Suite:
    """Runs tests that are functions of a state, each trial from a fresh one, and notes what they change."""

    def __init__(self, tests: Mapping[str, Body], imports: Mapping[str, Body] | None = None) -> None:
        self.tests = tests
        self.imports = imports or {}
        self.trials: list[Trial] = []
        self.sees = True

    def __call__(self, trial: Trial) -> Rerun:
        """Run *trial*."""
        self.trials.append(trial)
        state: State = {"app.seed": trial.variation}
        findings: list[Record] = []
        outcomes: dict[str, str] = {}
        for file in dict.fromkeys([*trial.imports, *(test.partition("::")[0] for test in trial.tests)]):
            self.step(None, self.imports.get(file, lambda _: None), state, trial, findings)
        for test in trial.tests:
            if test in self.tests:
                outcomes[test] = self.step(test, self.tests[test], state, trial, findings)
        reads = Reads(names=frozenset({"a", "b", "seed"}), modules=frozenset({"app"}))
        line = {"file": "app.py", "line": 7, "function": "f", "source": "a = 1"} if trial.traced else None
        return Rerun(outcomes=outcomes, findings=findings if self.sees else (), reads=reads, line=line)

    def step(self, test: str | None, body: Body, state: State, trial: Trial, findings: list[Record]) -> str:
        """Run one test, note what it changes, and put back what the trial says; return the outcome."""
        before = dict(state)
        try:
            body(state)
            outcome = "passed"
        except AssertionError:
            outcome = "failed"
        for place in sorted({*before, *state}):
            old, new = before.get(place), state.get(place)
            if old != new:
                findings.append(finding(test, place, old, new))
                if test is not None and trial.restore in (place, EVERYTHING):
                    state[place] = old
        return outcome


def sets(place: str, value: object) -> Body:
    """Return a test that sets *place*."""
    return lambda state: state.update({place: value})


def needs(place: str, value: object) -> Body:
    """Return a test that passes only if *place* is *value*."""

    def body(state: State) -> None:
        assert state.get(place) == value

    return body


def passes(state: State) -> None:
    """Be a test that has nothing to do with anybody."""


def diagnose(suite: Suite, test: str, *, findings: Sequence[Record] = (), **around: Any) -> Verdict:
    """Return the verdict on *test*, which failed in a run of *suite* in its order."""
    order = list(suite.tests)
    place = order.index(test)
    around = {"earlier": order[:place], "later": order[place + 1 :], **around}
    return Diagnosis(suite, findings).diagnose(Failure(test=test, **around))


def test_a_finding_names_the_polluter_in_four_runs() -> None:
    """Alone, with the one that touched what it reads, with that place put back, and once more for the line."""
    suite = Suite({"t.py::one": passes, "t.py::two": sets("app.a", 1), "t.py::three": needs("app.a", None)})

    verdict = diagnose(suite, "t.py::three", findings=[finding("t.py::two", "app.a", None, 1)])

    assert (verdict.name, verdict.others, verdict.found_by) == ("order-dependent", ["t.py::two"], "findings")
    assert verdict.state is not None
    assert (verdict.state["place"], verdict.is_proven, verdict.runs) == ("app.a", True, 4)
    assert verdict.line == {"file": "app.py", "line": 7, "function": "f", "source": "a = 1"}
    assert verdict.tried == [
        "it passes alone",
        "it fails after that test",
        "it passes again when only that place is put back",
    ]


def test_the_less_likely_are_tried_together() -> None:
    """Many tests touched what it reads: three are tried alone, the others are halved; the innocent ones never run."""
    names = [f"t.py::t{number}" for number in range(8)]
    suite = Suite(
        {"t.py::zero": passes, **{name: sets("app.a", name) for name in names}, names[1]: sets("app.b", 1)}
        | {"t.py::last": needs("app.b", None)}
    )
    findings = [finding(name, "app.b" if name == names[1] else "app.a", None, 1) for name in names]

    verdict = diagnose(suite, "t.py::last", findings=findings)

    assert (verdict.others, verdict.found_by, verdict.is_proven) == ([names[1]], "findings", True)
    assert not any("t.py::zero" in trial.tests for trial in suite.trials)


def test_if_it_is_none_of_the_suspects_all_are_tried() -> None:
    """The culprit left nothing that was seen."""
    names = [f"t.py::t{number}" for number in range(5)]
    suite = Suite(
        {"t.py::zero": sets("app.b", 1), **{name: sets("app.a", name) for name in names}}
        | {"t.py::last": needs("app.b", None)}
    )
    findings = [finding(name, "app.a", None, 1) for name in names]

    verdict = diagnose(suite, "t.py::last", findings=findings)

    assert (verdict.others, verdict.found_by) == (["t.py::zero"], "bisection")


def test_a_known_reason_is_put_back_first() -> None:
    """What spoiled one test is likely to have spoiled the next."""

    def sets_both(state: State) -> None:
        state.update({"app.a": 1, "app.b": 1})

    suite = Suite({"t.py::one": sets_both, "t.py::x": needs("app.a", None), "t.py::y": needs("app.a", None)})
    findings = [finding("t.py::one", "app.a", None, 1), finding("t.py::one", "app.b", None, 1)]
    diagnosis = Diagnosis(suite, findings)
    first = diagnosis.diagnose(Failure(test="t.py::x", earlier=["t.py::one"]))

    second = diagnosis.diagnose(Failure(test="t.py::y", earlier=["t.py::one"]))

    assert (first.runs, second.runs) == (5, 4)


def test_the_newest_of_equal_suspects_is_tried_first() -> None:
    """Two tests set one place: the later one had the last word."""
    suite = Suite({"t.py::one": sets("app.a", 1), "t.py::two": sets("app.a", 1), "t.py::three": needs("app.a", None)})
    findings = [finding("t.py::one", "app.a", None, 1), finding("t.py::two", "app.a", 1, 1)]

    assert diagnose(suite, "t.py::three", findings=findings).others == ["t.py::two"]


def test_what_was_put_back_makes_no_suspect() -> None:
    """In a run that restores, a finding that was restored did no harm."""
    suite = Suite({"t.py::one": sets("app.a", 1), "t.py::two": sets("app.b", 1), "t.py::three": needs("app.b", None)})
    findings = [finding("t.py::one", "app.a", None, 1, restored=True), finding("t.py::two", "app.b", None, 1)]

    diagnose(suite, "t.py::three", findings=findings)

    assert [trial.tests for trial in suite.trials[:2]] == [["t.py::three"], ["t.py::two", "t.py::three"]]


def test_without_a_suspect_it_bisects() -> None:
    """Nothing was found in the run: the tests before it are halved, then the places of what is left are proven."""
    names = [f"t.py::t{number}" for number in range(16)]
    suite = Suite({**dict.fromkeys(names, passes), names[5]: sets("app.a", 1), "t.py::last": needs("app.a", None)})

    verdict = diagnose(suite, "t.py::last")

    assert (verdict.others, verdict.found_by, verdict.is_proven) == ([names[5]], "bisection", True)
    assert verdict.runs == 8


def test_two_that_only_act_together_are_found() -> None:
    """The verdict names both, in their order."""

    def needs_no_two(state: State) -> None:
        assert not (state.get("app.a") and state.get("app.b"))

    names = [f"t.py::t{number}" for number in range(6)]
    suite = Suite(
        {
            **dict.fromkeys(names, passes),
            names[1]: sets("app.a", 1),
            names[4]: sets("app.b", 1),
            "t.py::last": needs_no_two,
        }
    )

    verdict = diagnose(suite, "t.py::last")

    assert (verdict.name, verdict.others, verdict.is_proven) == ("order-dependent", [names[1], names[4]], True)
    assert "it fails after these 2 tests" in verdict.tried


def test_places_that_only_act_together_are_said() -> None:
    """No single place heals, all of them do."""

    def needs_one(state: State) -> None:
        assert [state.get("app.a"), state.get("app.b")] == [None, None]

    def sets_both(state: State) -> None:
        state.update({"app.a": 1, "app.b": 1})

    verdict = diagnose(Suite({"t.py::one": sets_both, "t.py::two": needs_one}), "t.py::two")

    assert (verdict.name, verdict.others, verdict.is_proven) == ("order-dependent", ["t.py::one"], False)
    assert verdict.tried[-1] == "several of the changed places together are the reason: app.b, app.a"


def test_places_of_one_unit_are_put_back_together() -> None:
    """It is said how many more of them there are than the one that is shown."""
    run = Suite({"t.py::one": sets("app.a", 1), "t.py::two": needs("app.a", None)})

    def run_with_keys(trial: Trial) -> Rerun:
        rerun = run(trial)
        more = [{**record, "place": "app.b"} for record in rerun.findings]
        return replace(rerun, findings=[*rerun.findings, *more])

    verdict = Diagnosis(run_with_keys, []).diagnose(Failure(test="t.py::two", earlier=["t.py::one"]))

    assert (verdict.is_proven, verdict.more) == (True, 1)


def test_places_that_are_not_the_reason_are_said() -> None:
    """What does the harm was not seen, something else was."""

    def sets_more(state: State) -> None:
        state.update({"app.a": 1, "app.b": 1})
        hidden.append(1)

    def needs_nothing_hidden(state: State) -> None:
        assert not (hidden.pop() if hidden else 0)

    hidden: list[int] = []
    verdict = diagnose(Suite({"t.py::one": sets_more, "t.py::two": needs_nothing_hidden}), "t.py::two")

    assert verdict.tried[-1] == "none of the changed places is the reason: app.b, app.a"


def test_one_place_that_is_not_the_reason_is_said() -> None:
    """A single place needs no trial of all places."""

    def sets_more(state: State) -> None:
        state.update({"app.a": 1})
        hidden.append(1)

    def needs_nothing_hidden(state: State) -> None:
        assert not (hidden.pop() if hidden else 0)

    hidden: list[int] = []
    verdict = diagnose(Suite({"t.py::one": sets_more, "t.py::two": needs_nothing_hidden}), "t.py::two")

    assert verdict.tried[-1] == "that place alone is not the reason"
    assert verdict.state is not None
    assert (verdict.state["place"], verdict.is_proven) == ("app.a", False)


def test_a_state_that_nobody_sees_leaves_the_polluter() -> None:
    """Files and databases are not watched; the test is named all the same."""
    suite = Suite({"t.py::one": sets("app.a", 1), "t.py::two": needs("app.a", None)})
    suite.sees = False

    verdict = diagnose(suite, "t.py::two")

    assert (verdict.others, verdict.state) == (["t.py::one"], None)
    assert verdict.tried[-1] == "no changed state was seen between them"


def test_who_has_spoiled_one_is_suspected_first() -> None:
    """The second victim of a polluter costs no search."""
    names = ["t.py::one", "t.py::two"]
    suite = Suite(
        {names[0]: sets("app.a", 1), names[1]: sets("app.b", 1), "t.py::x": needs("app.a", None)}
        | {"t.py::y": needs("app.a", None)}
    )
    findings = [finding(names[0], "app.a", None, 1), finding(names[1], "app.b", None, 1)]
    diagnosis = Diagnosis(suite, findings)
    diagnosis.diagnose(Failure(test="t.py::x", earlier=names))
    suite.trials.clear()

    verdict = diagnosis.diagnose(Failure(test="t.py::y", earlier=names))

    assert verdict.others == [names[0]]
    assert suite.trials[1].tests == [names[0], "t.py::y"]


def test_the_import_of_a_file_is_told_from_its_tests() -> None:
    """Whichever test of that file runs: its import is what does it."""
    suite = Suite({"a.py::one": passes, "b.py::two": needs("app.a", None)}, {"a.py": sets("app.a", 1)})

    verdict = diagnose(suite, "b.py::two")

    assert (verdict.name, verdict.imports, verdict.others) == ("order-dependent", ["a.py"], ())
    assert verdict.state is not None
    assert verdict.state["place"] == "app.a"
    assert verdict.tried[-1] == "it fails as soon as that file is imported"


def test_a_suspect_may_be_innocent_but_not_its_file() -> None:
    """Its findings touch what the test reads, but it is the import of its file that does the harm."""
    suite = Suite({"a.py::one": sets("app.b", 1), "b.py::two": needs("app.a", None)}, {"a.py": sets("app.a", 1)})

    verdict = diagnose(suite, "b.py::two", findings=[finding("a.py::one", "app.b", None, 1)])

    assert verdict.imports == ["a.py"]


def test_an_innocent_suspect_is_tried_and_left() -> None:
    """What it touched is read by the test, but does no harm; the culprit was not seen."""
    suite = Suite({"t.py::one": sets("app.b", 1), "t.py::two": sets("app.a", 1), "t.py::three": needs("app.a", None)})

    verdict = diagnose(suite, "t.py::three", findings=[finding("t.py::one", "app.b", None, 1)])

    assert (verdict.others, verdict.found_by) == (["t.py::two"], "bisection")


def test_an_import_may_come_from_a_file_whose_tests_run_later() -> None:
    """All files are imported before the first test runs."""
    suite = Suite(
        {"a.py::one": passes, "b.py::two": needs("app.a", None), "c.py::three": passes, "d.py::four": passes},
        {"c.py": sets("app.a", 1)},
    )

    assert diagnose(suite, "b.py::two").imports == ["c.py"]


def test_chance_is_found_out() -> None:
    """It passes alone and after everybody, but not with other seeds."""
    suite = Suite({"t.py::one": passes, "t.py::two": needs("app.seed", 0)})

    verdict = diagnose(suite, "t.py::two")

    assert verdict.name == "random"
    assert verdict.tried[-1] == "alone with other random seeds it fails 2 of 2 times"


def test_what_cannot_be_repeated_is_unknown() -> None:
    """It says what was tried."""
    suite = Suite({"t.py::one": passes, "t.py::two": passes})

    verdict = diagnose(suite, "t.py::two")

    assert verdict.name == "unknown"
    assert verdict.tried == [
        "it passes alone",
        "it passes after all the tests that ran before it, too",
        "alone with other random seeds it fails 0 of 2 times",
    ]


def test_the_first_test_has_nobody_to_blame() -> None:
    """No test ran before it, and no import of another file makes it fail."""
    suite = Suite({"a.py::one": passes, "b.py::two": passes})

    verdict = diagnose(suite, "a.py::one")

    assert (verdict.name, verdict.runs) == ("unknown", 4)


def test_what_always_fails_does_not_depend_on_the_order() -> None:
    """Alone, again, with another seed, and after the others: it is simply broken."""
    suite = Suite({"t.py::one": passes, "t.py::two": needs("app.a", 1), "t.py::three": passes})

    verdict = diagnose(suite, "t.py::two")

    assert (verdict.name, verdict.runs) == ("not order-dependent", 4)
    assert verdict.tried == ["it fails alone", "it fails after the tests that ran after it, too"]


def test_what_fails_alone_and_has_no_others_is_broken() -> None:
    """Nobody runs after the last test."""
    verdict = diagnose(Suite({"t.py::one": needs("app.a", 1)}), "t.py::one")

    assert (verdict.name, verdict.tried) == ("not order-dependent", ["it fails alone"])


def test_what_passes_another_time_is_random() -> None:
    """The same seeds, another outcome."""
    outcomes = iter([False, True, False])

    def body(_: State) -> None:
        assert next(outcomes)

    verdict = diagnose(Suite({"t.py::one": body}), "t.py::one")

    assert verdict.name == "random"
    assert verdict.tried[-1] == "alone it passes another time, with the same random seeds"


def test_what_passes_with_another_seed_is_random() -> None:
    """It is said that the seeds made the difference."""
    verdict = diagnose(Suite({"t.py::one": needs("app.seed", 1)}), "t.py::one")

    assert verdict.name == "random"
    assert verdict.tried[-1] == "alone it passes another time, with other random seeds"


def test_a_brittle_test_needs_another_one() -> None:
    """It fails alone, and passes after the test that sets what it needs; putting that back proves it."""
    suite = Suite({"t.py::two": needs("app.a", 1), "t.py::one": sets("app.a", 1)})

    verdict = diagnose(suite, "t.py::two", findings=[finding("t.py::one", "app.a", None, 1)])

    assert (verdict.name, verdict.others, verdict.found_by) == ("brittle", ["t.py::one"], "findings")
    assert (verdict.is_proven, verdict.runs) == (True, 6)
    assert verdict.tried == [
        "it fails alone",
        "it passes after that test",
        "it fails again when only that place is put back",
    ]


def test_a_setter_is_found_by_bisection() -> None:
    """Nothing was found in the run that would name it."""
    names = [f"t.py::t{number}" for number in range(4)]
    suite = Suite({"t.py::first": needs("app.a", 1), **dict.fromkeys(names, passes), names[2]: sets("app.a", 1)})

    verdict = diagnose(suite, "t.py::first")

    assert (verdict.name, verdict.others, verdict.found_by) == ("brittle", [names[2]], "bisection")


def test_what_was_put_back_may_have_been_needed() -> None:
    """In a run that restores, a test fails that used to live on what an earlier one set."""
    suite = Suite({"t.py::one": sets("app.a", 1), "t.py::two": needs("app.a", 1)})

    verdict = diagnose(suite, "t.py::two", findings=[finding("t.py::one", "app.a", None, 1, restored=True)])

    assert (verdict.name, verdict.others) == ("brittle", ["t.py::one"])


def test_a_suspect_that_is_innocent_is_left() -> None:
    """A test that touched the right place with the wrong value is no setter."""
    suite = Suite({"t.py::two": needs("app.a", 1), "t.py::one": sets("app.a", 2), "t.py::three": sets("app.b", 1)})
    findings = [finding("t.py::one", "app.a", None, 2), finding("t.py::three", "app.b", None, 1)]

    assert diagnose(suite, "t.py::two", findings=findings).name == "not order-dependent"


def test_a_test_that_does_not_run_again_is_unknown() -> None:
    """It is said why, if that is known."""

    def run(_: Trial) -> Rerun:
        return Rerun(problem="it took longer than 30 s")

    verdict = Diagnosis(run, []).diagnose(Failure(test="t.py::one"))

    assert (verdict.name, verdict.tried) == ("unknown", ["alone it did not run: it took longer than 30 s"])


def test_a_test_that_is_gone_is_unknown() -> None:
    """Parameters may have other names each time."""
    verdict = Diagnosis(lambda _: Rerun(), []).diagnose(Failure(test="t.py::one"))

    assert verdict.tried == ["alone it did not run: it was not collected again"]


def test_a_rerun_that_breaks_off_is_said() -> None:
    """Whether the tests before it do it is not known, then."""

    def run(trial: Trial) -> Rerun:
        alone = Rerun(outcomes={"t.py::two": "passed"})
        return alone if len(trial.tests) == 1 else Rerun(problem="it took longer than 30 s")

    verdict = Diagnosis(run, []).diagnose(Failure(test="t.py::two", earlier=["t.py::one"]))

    assert verdict.tried[1] == "after all the tests that ran before it: it took longer than 30 s"


def test_a_rerun_of_the_later_ones_that_breaks_off_is_said() -> None:
    """Whether one of them would have helped is not known, then."""

    def run(trial: Trial) -> Rerun:
        alone = Rerun(outcomes={"t.py::one": "failed"})
        return alone if len(trial.tests) == 1 else Rerun(problem="it took longer than 30 s")

    verdict = Diagnosis(run, []).diagnose(Failure(test="t.py::one", later=["t.py::two"]))

    assert verdict.tried[1] == "after the tests that ran after it: it took longer than 30 s"


def test_there_is_a_limit() -> None:
    """A diagnosis ends, whatever it is about."""
    names = [f"t.py::t{number}" for number in range(64)]
    suite = Suite({**dict.fromkeys(names, passes), names[0]: sets("app.a", 1), "t.py::last": needs("app.a", None)})

    verdict = Diagnosis(suite, [], most_runs=5).diagnose(Failure(test="t.py::last", earlier=names))

    assert (verdict.name, verdict.runs, verdict.tried[-1]) == ("unknown", 5, "given up after 5 runs")


def test_a_verdict_names_its_worker() -> None:
    """With pytest-xdist, each worker has an order of its own."""
    suite = Suite({"t.py::one": needs("app.a", 1)})

    assert diagnose(suite, "t.py::one", worker="gw1").worker == "gw1"
