"""Why a test fails: tried out with the tests before it, the likeliest first, then by bisection."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from isolation._bisection import reduce
from isolation._reads import Reads, Reason, most_likely, ranked
from isolation._report import Record
from isolation._trials import EVERYTHING, FAILED, PASSED, Failure, Rerun, Run, Traced, Trial
from isolation._verdicts import FoundBy, Verdict, VerdictName

MOST_RUNS = 60
_ALONE = 3
_SUSPECTS = 40
_PLACES = 6


class _OutOfRunsError(Exception):
    """More runs would be needed than anybody wants to wait for."""


@dataclass(slots=True)
class _Case:
    """One failed test and what is known about it so far."""

    failure: Failure
    reads: Reads
    tried: list[str] = field(default_factory=list[str])
    runs: int = 0
    started: float = field(default_factory=time.monotonic)

    @property
    def test(self) -> str:
        return self.failure.test

    def verdict(self, name: VerdictName) -> Verdict:
        return self.closed(Verdict(test=self.test, name=name, worker=self.failure.worker))

    def closed(self, verdict: Verdict) -> Verdict:
        """Return *verdict* with what it took until now."""
        seconds = time.monotonic() - self.started
        return replace(verdict, tried=list(self.tried), runs=self.runs, seconds=seconds)


class Diagnosis:
    """Tells for failed tests whether they depend on the order, on whom, and through which place.

    First the test runs alone.  If it passes, the earlier tests whose findings touch what it reads are tried with it,
    the likeliest one by one, then the others together; if it is none of them, all the tests before it are.  Several
    are halved until what is left cannot be made smaller.  Then the places that were found changed are put back, one in
    each run: the one that heals is the reason.
    A test that fails alone is tried again, with other random seeds, and after tests that did not come before it.
    """

    def __init__(self, run: Run, findings: Sequence[Record], *, most_runs: int = MOST_RUNS) -> None:
        self._run_trial = run
        self._findings = findings
        self._most_runs = most_runs
        # What was the reason of one failure is likely to be that of another.
        self._reasons: set[Reason] = set()

    def diagnose(self, failure: Failure) -> Verdict:
        """Return why the test of *failure* failed."""
        case = _Case(failure, failure.reads)
        try:
            return self._diagnose(case)
        except _OutOfRunsError:
            case.tried.append(f"given up after {case.runs} runs")
            return case.verdict("unknown")

    def _diagnose(self, case: _Case) -> Verdict:
        alone = self._run(case, Trial(tests=[case.test], reads_of=case.test))
        case.reads = case.reads.beside(alone.reads)
        outcome = alone.outcomes.get(case.test)
        if outcome == PASSED:
            case.tried.append("it passes alone")
            return self._look_before(case)
        if outcome == FAILED:
            case.tried.append("it fails alone")
            return self._look_elsewhere(case)
        case.tried.append(f"alone it did not run: {alone.problem or outcome or 'it was not collected again'}")
        return case.verdict("unknown")

    # A test that passes alone.

    def _look_before(self, case: _Case) -> Verdict:
        earlier = case.failure.earlier
        suspects = self._suspects(case, earlier)
        for suspect in suspects[:_ALONE]:
            pair = self._run(case, Trial(tests=[suspect, case.test]))
            if pair.outcomes.get(case.test) == FAILED:
                return self._explain(case, [suspect], pair, "findings")
        others = [test for test in earlier if test in suspects[_ALONE:]]
        verdict = (
            self._bisect(case, others, "findings")
            or self._bisect(case, earlier, "bisection")
            or self._look_at_imports(case)
        )
        return verdict or self._look_at_chance(case)

    def _suspects(self, case: _Case, among: Sequence[str]) -> Sequence[str]:
        """Return the tests of *among* that are worth a run of their own, the likeliest first."""
        places = {test: number for number, test in enumerate(among)}
        records = [record for record in self._findings if record["test"] in places and record["restored"] is not True]
        records.sort(key=lambda record: places[record["test"]])
        likely = most_likely(records, case.reads, self._reasons)
        return list(dict.fromkeys(str(record["test"]) for record in likely))[:_SUSPECTS]

    def _bisect(self, case: _Case, among: Sequence[str], found_by: FoundBy) -> Verdict | None:
        """Return the verdict if the test fails after *among*."""
        reruns: dict[tuple[str, ...], Rerun] = {}

        def fails(part: Sequence[str]) -> bool:
            rerun = reruns[tuple(part)] = self._run(case, Trial(tests=[*part, case.test]))
            return rerun.outcomes.get(case.test) == FAILED

        if not among:
            return None
        if not fails(among):
            if found_by == "bisection":
                case.tried.append(_passed(reruns[tuple(among)], "all the tests that ran before it"))
            return None
        others = reduce(among, fails)
        rerun = reruns.get(tuple(others)) or self._run(case, Trial(tests=[*others, case.test]))
        return self._explain(case, others, rerun, found_by)

    def _imported(self, case: _Case, others: Sequence[str]) -> Verdict | None:
        """Return the verdict if it is enough to import the files of *others*."""
        files = _files(others, case.test)
        if not files:
            return None
        rerun = self._run(case, Trial(tests=[case.test], imports=files))
        return self._explain_import(case, files, rerun) if rerun.outcomes.get(case.test) == FAILED else None

    def _look_at_imports(self, case: _Case) -> Verdict | None:
        files = _files([*case.failure.earlier, *case.failure.later], case.test)
        if not files:
            return None

        def fails(part: Sequence[str]) -> bool:
            rerun = self._run(case, Trial(tests=[case.test], imports=part))
            return rerun.outcomes.get(case.test) == FAILED

        if not fails(files):
            return None
        files = reduce(files, fails)
        return self._explain_import(case, files, self._run(case, Trial(tests=[case.test], imports=files)))

    def _explain_import(self, case: _Case, files: Sequence[str], rerun: Rerun) -> Verdict:
        case.tried.append("it fails as soon as that file is imported")
        found = [record for record in rerun.findings if _is_of_collection(record)]
        state = next(iter(most_likely(found, case.reads)), None)
        return replace(case.verdict("order-dependent"), imports=files, found_by="bisection", state=state)

    def _look_at_chance(self, case: _Case) -> Verdict:
        outcomes = [
            self._run(case, Trial(tests=[case.test], variation=variation)).outcomes.get(case.test)
            for variation in (1, 2)
        ]
        failed = outcomes.count(FAILED)
        case.tried.append(f"alone with other random seeds it fails {failed} of 2 times")
        return case.verdict("random" if failed else "unknown")

    # A test that fails alone.

    def _look_elsewhere(self, case: _Case) -> Verdict:
        again = [
            self._run(case, Trial(tests=[case.test], variation=variation)).outcomes.get(case.test)
            for variation in (0, 1)
        ]
        if PASSED in again:
            seeds = "with the same random seeds" if again[0] == PASSED else "with other random seeds"
            case.tried.append(f"alone it passes another time, {seeds}")
            return case.verdict("random")
        others = [*case.failure.later, *self._restored(case)]
        for suspect in self._setters(case, others):
            pair = self._run(case, Trial(tests=[suspect, case.test]))
            if pair.outcomes.get(case.test) == PASSED:
                return self._explain_brittle(case, [suspect], pair, "findings")
        return self._bisect_setters(case, others)

    def _restored(self, case: _Case) -> Sequence[str]:
        """Return the earlier tests of which something was put back, which the test might have needed."""
        restored = {record["test"] for record in self._findings if record["restored"] and record["unit"]}
        return [test for test in case.failure.earlier if test in restored]

    def _setters(self, case: _Case, among: Sequence[str]) -> Sequence[str]:
        wanted = set(among)
        records = [record for record in self._findings if record["test"] in wanted]
        tests = [str(record["test"]) for record in most_likely(records, case.reads)]
        return list(dict.fromkeys(tests))[:_ALONE]

    def _bisect_setters(self, case: _Case, others: Sequence[str]) -> Verdict:
        reruns: dict[tuple[str, ...], Rerun] = {}

        def passes(part: Sequence[str]) -> bool:
            rerun = reruns[tuple(part)] = self._run(case, Trial(tests=[*part, case.test]))
            return rerun.outcomes.get(case.test) == PASSED

        if not others:
            return case.verdict("not order-dependent")
        if not passes(others):
            case.tried.append(_failed(reruns[tuple(others)], "the tests that ran after it"))
            return case.verdict("not order-dependent")
        setters = reduce(others, passes)
        rerun = reruns.get(tuple(setters)) or self._run(case, Trial(tests=[*setters, case.test]))
        return self._explain_brittle(case, setters, rerun, "bisection")

    # Through which place.

    def _explain(self, case: _Case, others: Sequence[str], rerun: Rerun, found_by: FoundBy) -> Verdict:
        case.tried.append(f"it fails after {_these(others)}")
        found = replace(case.verdict("order-dependent"), others=others, found_by=found_by)
        verdict = self._prove(case, found, rerun)
        return verdict if verdict.is_proven else self._imported(case, others) or verdict

    def _explain_brittle(self, case: _Case, others: Sequence[str], rerun: Rerun, found_by: FoundBy) -> Verdict:
        case.tried.append(f"it passes after {_these(others)}")
        found = replace(case.verdict("brittle"), others=others, found_by=found_by)
        return self._prove(case, found, rerun)

    def _prove(self, case: _Case, found: Verdict, rerun: Rerun) -> Verdict:
        """Put back the places that the other tests changed, one in each run, until the outcome is another."""
        turned = PASSED if found.name == "order-dependent" else FAILED
        changed = [record for record in rerun.findings if _is_left(record, case.test)]
        places = ranked(changed, case.reads, self._reasons)
        tests = [*found.others, case.test]
        for record in places[:_PLACES]:
            healed = self._run(case, Trial(tests=tests, restore=record["unit"]))
            if healed.outcomes.get(case.test) == turned:
                again = "passes again" if turned == PASSED else "fails again"
                case.tried.append(f"it {again} when only that place is put back")
                self._reasons.add((record["test"], record["probe"], record["unit"]))
                line = self._line(case, found.others, record)
                more = _count_others(changed, record)
                return case.closed(replace(found, state=record, more=more, is_proven=True, line=line))
        self._say_unproven(case, tests, places, turned)
        return case.closed(replace(found, state=next(iter(most_likely(changed, case.reads)), None)))

    def _say_unproven(self, case: _Case, tests: Sequence[str], places: Sequence[Record], turned: str) -> None:
        if not places:
            case.tried.append("no changed state was seen between them")
        elif len(places) == 1:
            case.tried.append("that place alone is not the reason")
        else:
            healed = self._run(case, Trial(tests=tests, restore=EVERYTHING))
            is_among = healed.outcomes.get(case.test) == turned
            reason = "several of the changed places together are" if is_among else "none of the changed places is"
            case.tried.append(f"{reason} the reason: {', '.join(str(record['unit']) for record in places)}")

    def _line(self, case: _Case, others: Sequence[str], record: Record) -> Record | None:
        traced = Traced(probe=record["probe"], places=[record["place"], record["unit"]])
        return self._run(case, Trial(tests=others, traced=traced)).line

    def _run(self, case: _Case, trial: Trial) -> Rerun:
        if case.runs >= self._most_runs:
            raise _OutOfRunsError
        case.runs += 1
        return self._run_trial(trial)


def _is_left(record: Record, test: str) -> bool:
    """Tell whether *record* is about state that others than *test* have left to it."""
    return bool(record["unit"]) and record["test"] != test and not _is_of_collection(record)


def _count_others(records: Iterable[Record], record: Record) -> int:
    """Return how many other places of the unit of *record* there are in *records*."""
    unit = (record["probe"], record["unit"])
    return len({each["place"] for each in records if (each["probe"], each["unit"]) == unit}) - 1


def _is_of_collection(record: Record) -> bool:
    return record["owner"] is not None and record["owner"]["kind"] == "collection"


def _files(tests: Iterable[str], test: str) -> Sequence[str]:
    """Return the files of *tests* without that of *test*."""
    own = test.partition("::")[0]
    return [file for file in dict.fromkeys(each.partition("::")[0] for each in tests) if file != own]


def _these(others: Sequence[str]) -> str:
    return "that test" if len(others) == 1 else f"these {len(others)} tests"


def _passed(rerun: Rerun, others: str) -> str:
    return f"after {others}: {rerun.problem}" if rerun.problem else f"it passes after {others}, too"


def _failed(rerun: Rerun, others: str) -> str:
    return f"after {others}: {rerun.problem}" if rerun.problem else f"it fails after {others}, too"
