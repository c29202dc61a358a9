"""The trials to compare: those that the user named, or a default choice, read from a tracker's archive."""

import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, final

from pipeline.commands.compare.verdict import Rival, verdict
from pipeline.trackers import Archive, ConfirmationRecord, SearchSummary, TrialRecord
from pipeline.values.errors import UserError, nearest
from pipeline.values.trial import BASELINE, Direction, trial_name

WINNERS: Final = 5
"""By default, how many of the latest searches are compared by their winners."""
MOST: Final = 8
"""By default, at most this number of trials are compared: those of the latest search, then winners."""
PLACES: Final = ("confirmed 1st", "confirmed 2nd", "confirmed 3rd")
"""The roles of the latest search's best confirmed settings: three, as many as a champion usually averages."""
LATEST: Final = "latest"


@final
@dataclass(frozen=True, slots=True)
class PastSearch:
    """A search read from the archive, with all its trials in the order of their numbers, without curves."""

    summary: SearchSummary
    records: tuple[TrialRecord, ...]

    @property
    def trials(self) -> int:
        """The number of its trials, without the baseline."""
        return sum(record.number != BASELINE for record in self.records)

    @property
    def ranked(self) -> list[TrialRecord]:
        """The trials that have a value, best first, without the baseline; of equal ones the earlier comes first."""
        key = Direction.of(self.summary.objective).key
        valued = [(key(record.value), record.number, record) for record in self.records if record.value is not None]
        return [record for _, number, record in sorted(valued, key=lambda v: v[:2]) if number != BASELINE]


@final
@dataclass(frozen=True, slots=True)
class SelectedTrial:
    """A trial to compare: its role, its search and its record.

    The role is `best`, `median`, `baseline`, `winner`, one of `PLACES`, or two of these; it is empty for a trial that
    the user named. `folds` are the trainings that confirmed it, one for each fold, if it was confirmed.
    """

    role: str
    search: PastSearch
    record: TrialRecord
    folds: tuple[TrialRecord, ...] = ()

    @property
    def name(self) -> str:
        """The trial's name in its search: `trial 3`, or `baseline`."""
        return trial_name(self.record.number)

    @property
    def heading(self) -> tuple[str, ...]:
        """The lines of its column heading: its role, if it has one, and its name, unless both are the same."""
        return tuple(dict.fromkeys(word for word in (self.role, self.name) if word))


@final
@dataclass(frozen=True, slots=True)
class Selection:
    """What is compared: trials with their curves, each once, and the searches that they belong to.

    `verdict` says which of two searches is better, if two are compared.
    """

    trials: tuple[SelectedTrial, ...]
    searches: tuple[PastSearch, ...]
    verdict: str = ""

    @property
    def titles(self) -> list[str]:
        """A title for each trial; it names the search if there are several searches."""
        own = [": ".join(t.heading) for t in self.trials]
        if len(self.searches) == 1:
            return own
        return [f"{name} of {t.search.summary.identity}" for name, t in zip(own, self.trials, strict=True)]


@final
@dataclass(frozen=True, slots=True)
class Request:
    """What the user asked to compare: trials, the winners of searches, and the winners of experiments.

    If all three are empty, the default choice for `experiment` is compared.
    """

    experiment: str
    runs: tuple[str, ...] = ()
    searches: tuple[str, ...] = ()
    experiments: tuple[str, ...] = ()


@final
class Selector:
    """Finds the trials of requests in an archive; it reads each search only once."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._read: dict[str, PastSearch] = {}
        self._confirmed: dict[str, Mapping[int, tuple[TrialRecord, ...]]] = {}

    def select(self, request: Request) -> Selection:
        """The trials of a request; UserError if one of its names is not found."""
        chosen = [self._run(word, request.experiment) for word in request.runs]
        pair = [self._search(word, request.experiment, "A, B") for word in request.searches]
        named = [*pair, *(self._search(LATEST, name, "EXPS") for name in request.experiments)]
        chosen += [_winner(past) for past in named]
        if not chosen:
            won = self._won(request.experiment)
            chosen, pair = self._usual(won), won[:2]
        once = {(c.search.summary.identity, c.record.number): c for c in reversed(chosen)}
        trials = [once.pop(key) for c in chosen if (key := (c.search.summary.identity, c.record.number)) in once]
        searches = {c.search.summary.identity: c.search for c in trials}
        return Selection(tuple(self._with_curves(trials)), tuple(searches.values()), self._verdict(pair))

    def _won(self, experiment: str) -> list[PastSearch]:
        """The latest searches in which a trial has a value, the latest first; UserError if there are none."""
        pasts = [self._past(identity) for identity in self._identities(experiment, "EXP")]
        won = [past for past in pasts if past.ranked][:WINNERS]
        if not won:
            raise UserError("compare, EXP", f"no trial of `{experiment}` has a value yet.", "Finish a trial first.")
        return won

    def _usual(self, won: Sequence[PastSearch]) -> list[SelectedTrial]:
        """The default choice: best, median, baseline and best confirmed of the latest search, and earlier winners."""
        latest, ranked = won[0], won[0].ranked
        roles = {ranked[0].number: "best"}
        roles.setdefault(ranked[len(ranked) // 2].number, "median")
        roles |= {record.number: "baseline" for record in latest.records if record.number == BASELINE}
        for place, number in zip(PLACES, self._best_confirmed(latest), strict=False):
            roles[number] = f"{roles[number]}, {place}" if number in roles else place
        records = {record.number: record for record in latest.records}
        chosen = [SelectedTrial(role, latest, records[number]) for number, role in roles.items()]
        return [*chosen, *(_winner(past) for past in won[1:])][:MOST]

    def _best_confirmed(self, past: PastSearch) -> list[int]:
        """The numbers of a search's confirmed trials, the best mean over the folds first, without the baseline."""
        key = Direction.of(past.summary.objective).key
        means = {n: statistics.fmean(values(folds)) for n, folds in self._folds(past).items() if n != BASELINE}
        return sorted(means, key=lambda n: (key(means[n]), n))

    def _verdict(self, pair: Sequence[PastSearch]) -> str:
        names = [(past.summary.identity, past.summary.experiment) for past in pair]
        if len(set(names)) < 2:
            return ""
        return verdict(*(Rival(identity, name, self._archive.confirmed(identity)) for identity, name in names))

    def _run(self, word: str, experiment: str) -> SelectedTrial:
        """The trial named by a number, by `search/number` or by the beginning of its MLflow run's id."""
        search, slash, last = word.rpartition("/")
        if slash or word.isdecimal():
            past = self._search(search or LATEST, experiment, "RUNS")
            found = [record for record in past.records if str(record.number) == last]
            if found:
                return SelectedTrial("", past, found[0])
            if slash or not self._archive.find(word):
                numbers = [record.number for record in past.records]
                allowed = f"It has {numbers[0]} to {numbers[-1]}; 0 is the baseline." if numbers else "It has none."
                raise UserError("compare, RUNS", f"`{past.summary.identity}` has no trial `{last}`.", allowed)
        return self._by_run(word)

    def _by_run(self, word: str) -> SelectedTrial:
        found = self._archive.find(word)
        if len(found) != 1:
            meant = f"{len(found)} runs begin with `{word}`." if found else f"no run begins with `{word}`."
            hint = "Give a trial's number, `search/number`, or the beginning of one MLflow run's id."
            raise UserError("compare, RUNS", meant, hint)
        ((search, number),) = found
        past = self._past(search)
        return SelectedTrial("", past, next(record for record in past.records if record.number == number))

    def _search(self, word: str, experiment: str, field: str) -> PastSearch:
        """The search named by `latest`, `latest-1`, … or by its identity."""
        if self._archive.summary(word):
            return self._past(word)
        identities = self._identities(experiment, field)
        words = {LATEST if i == 0 else f"{LATEST}-{i}": identity for i, identity in enumerate(identities)}
        if word not in words:
            raise UserError(f"compare, {field}", f"there is no search `{word}`.", nearest(word, [*words, *identities]))
        return self._past(words[word])

    def _identities(self, experiment: str, field: str) -> Sequence[str]:
        found = self._archive.searches(experiment)
        if not found:
            hint = nearest(experiment, self._archive.experiments())
            raise UserError(f"compare, {field}", f"`{experiment}` has no searches.", hint or "Run `make tune` first.")
        return found

    def _past(self, identity: str) -> PastSearch:
        if identity not in self._read:
            summary = self._archive.summary(identity)
            assert summary is not None, "the archive named it"  # noqa: S101
            self._read[identity] = PastSearch(summary, tuple(self._archive.curves(identity, ())))
        return self._read[identity]

    def _folds(self, past: PastSearch) -> Mapping[int, tuple[TrialRecord, ...]]:
        identity = past.summary.identity
        if identity not in self._confirmed:
            self._confirmed[identity] = _by_trial(self._archive.confirmations(identity))
        return self._confirmed[identity]

    def _with_curves(self, chosen: Sequence[SelectedTrial]) -> list[SelectedTrial]:
        curves: dict[tuple[str, int], TrialRecord] = {}
        for search in {c.search.summary.identity for c in chosen}:
            wanted = {c.record.number for c in chosen if c.search.summary.identity == search}
            curves |= {(search, record.number): record for record in self._archive.curves(search, wanted)}
        return [
            replace(
                c,
                record=curves[c.search.summary.identity, c.record.number],
                folds=self._folds(c.search).get(c.record.number, ()),
            )
            for c in chosen
        ]


def values(folds: Sequence[TrialRecord]) -> list[float]:
    """The objective on each fold."""
    return [record.value for record in folds if record.value is not None]


def _by_trial(found: Sequence[ConfirmationRecord]) -> dict[int, tuple[TrialRecord, ...]]:
    """The trainings of each trial that has a value on all folds; if it has that twice, those on more folds."""
    groups: dict[tuple[int, int], list[TrialRecord]] = defaultdict(list)
    for confirmation in found:
        # a single "fold" is a training on all rows, which confirms nothing
        if confirmation.confirms.folds > 1 and confirmation.record.value is not None:
            groups[confirmation.confirms.trial, confirmation.confirms.folds].append(confirmation.record)
    return {trial: tuple(group) for (trial, folds), group in sorted(groups.items()) if len(group) == folds}


def _winner(past: PastSearch) -> SelectedTrial:
    if not past.ranked:
        raise UserError("compare", f"no trial of `{past.summary.identity}` has a value.", "Name its trials in RUNS.")
    return SelectedTrial("winner", past, past.ranked[0])
