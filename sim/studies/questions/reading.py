"""What a batch or study file holds, as its schema has it: quantities may carry the unit of what they are about.

Batch and study files: found, read, checked against the base day; every problem told with its place.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from pydantic import ValidationError

from sim.catalogue import Catalogue, with_facts
from sim.core.errors import InputError, ScenarioError
from sim.core.streams import Streams
from sim.core.units import parse_quantity, unit_of
from sim.day import EngineName
from sim.files.diagnostics import sentences
from sim.files.documents import Document, Keys, did_you_mean, dotted, explain, is_file, raise_all
from sim.scenario.checking import problems
from sim.scenario.file_kinds import refuse_others
from sim.scenario.paths import get, split
from sim.scenario.reading import read_question, read_scenario, scenario_file
from sim.scenario.schema import Scenario
from sim.studies.questions.cell_plan import Draws, Plan, Variants
from sim.studies.questions.inputs import FACTS, Input, facts_in_use, is_price, offered
from sim.studies.questions.outcomes import known_outcomes
from sim.studies.questions.schema import Batch, Question, Study
from sim.studies.running.cells import the_catalogue
from sim.studies.sampling.designs import Points, design, pearson, spread_points, tie, tied_columns
from sim.studies.sampling.distributions import Discrete

Form = TypeVar("Form", bound=Question)

LIMITS = ("at_most", "at_least")


def validated(document: Document, form: type[Form], changes: Mapping[str, Any]) -> Form:
    """A question as its schema has it; numbers of distributions may be written with the unit of their path."""
    data = dict(document.data) | dict(changes)
    if isinstance(data.get("uncertain"), dict):
        data["uncertain"] = {path: _in_units(path, told) for path, told in data["uncertain"].items()}
    if isinstance(data.get("goals"), dict):
        data["goals"] = {name: _goal_in_units(told) for name, told in data["goals"].items()}
    try:
        return form.model_validate(data)
    except ValidationError as error:
        for keys, what in sentences(data, error, form):
            if changes and keys and keys[0] in changes:
                raise InputError(f"--draws {changes[str(keys[0])]}: {what}") from None
        raise ScenarioError(explain(Document(document.path, data, document.places), error, form)) from None


def _in_units(path: str, told: Any) -> Any:
    """A distribution whose quantities are plain numbers; what cannot be read is left for the schema to refuse."""
    field = path.rpartition(".")[2]
    if not isinstance(told, dict) or told.get("distribution") == "discrete" or not unit_of(field):
        return told
    return {name: value if name == "distribution" else _plain(value, field) for name, value in told.items()}


def _goal_in_units(told: Any) -> Any:
    """A goal whose limit is a plain number, in the unit that the name of its outcome tells."""
    if not isinstance(told, dict) or not isinstance(told.get("outcome"), str):
        return told
    field = next((part for part in reversed(told["outcome"].split(".")) if unit_of(f"_{part}")), "")
    return {name: _plain(value, f"_{field}") if field and name in LIMITS else value for name, value in told.items()}


def _plain(value: Any, field: str) -> Any:
    if isinstance(value, list):
        return [_plain(part, field) for part in value]
    try:
        return parse_quantity(value, field) if isinstance(value, str) else value
    except ValueError:
        return value


DRAWS_A_TIE = 10
"""Draws for each input that goes with another: with a handful, who meets whom cannot be arranged."""
PROBES = (0.05, 0.377, 0.5, 0.95)
"""Probabilities at which every input is tried in the base day before anything is run."""


def read_batch(name_or_path: str, draws: int | None = None, engine: EngineName = "compiled") -> Plan:
    """Read a batch file, its base day and its variants; `draws` replaces its replications."""
    document = read_question(scenario_file(name_or_path))
    refuse_others(document, "batch")
    question = validated(document, Batch, {"replications": draws} if draws else {})
    return plan_batch(question, document, engine)


def read_study(name_or_path: str, draws: int | None = None, engine: EngineName = "compiled") -> Plan:
    """Read a study file, its base day and its inputs, and draw their values; `draws` replaces the file's own."""
    document = read_question(scenario_file(name_or_path))
    refuse_others(document, "study")
    question = validated(document, Study, {"draws": draws} if draws else {})
    return plan_study(question, document, engine)


class Draft:
    """A question while it is checked against its base day: what was wrong so far."""

    def __init__(self, question: Question, document: Document) -> None:
        self.document, self.problems = document, list[str]()
        self.catalogue: Catalogue = the_catalogue()
        self.base = self._base(question)

    def _base(self, question: Question) -> Scenario:
        """The base day with the overrides and the seed of the question."""
        beside = self.document.path.parent / question.scenario
        try:
            day = read_scenario(str(beside) if is_file(beside) else question.scenario, catalogue=self.catalogue)
        except ScenarioError:
            raise
        except InputError as error:
            raise ScenarioError([self.document.problem(("scenario",), str(error))]) from None
        changed = self.try_changes(day, question.overrides, ("overrides",))
        self.stop_if_wrong()
        return changed if question.seed is None else changed.replace({"seed": question.seed})

    def complain(self, where: Keys, what: str) -> None:
        """Note a problem, once."""
        told = self.document.problem(where, what)
        if told not in self.problems:
            self.problems.append(told)

    def stop_if_wrong(self) -> None:
        """Raise all problems noted so far."""
        raise_all(self.problems, ScenarioError)

    def try_changes(self, day: Scenario, changes: Mapping[str, Any], where: Keys) -> Scenario:
        """The day with those changes; what cannot be is noted under `where`."""
        try:
            changed = day.replace(dict(changes))
        except ScenarioError as error:
            for problem in error.problems:
                self._blame(problem.removeprefix(f"scenario {day.name!r}: "), changes, where)
            return day
        for keys, what in problems(changed, self.catalogue):
            self._blame(f"{dotted(keys)}: {what}", changes, where)
        return changed

    def _blame(self, problem: str, changes: Mapping[str, Any], where: Keys) -> None:
        """Note a problem at the change that its path begins with or leads to, else at all of them."""
        blamed = [path for path in changes if problem.startswith(path) or path.startswith(problem.partition(": ")[0])]
        place = (*where, blamed[0]) if blamed else where
        what = problem.removeprefix(f"{blamed[0]}: ") if blamed else problem
        self.complain(place, what)

    def check_starts(self, where: Keys, starts: Iterable[str]) -> None:
        """Note every beginning of a path with which no figure in use begins."""
        known = [path for path, _ in facts_in_use(self.base, self.catalogue)]
        for index, start in enumerate(starts):
            if not any(path == start or path.startswith(f"{start}.") for path in known):
                self.complain(
                    (*where, index), f"{start}: no figure that the day uses begins so{did_you_mean(start, known)}"
                )

    def check_outcomes(self, named: Iterable[tuple[Keys, str]]) -> None:
        """Note every outcome that no day has."""
        known = known_outcomes(self.base, self.catalogue)
        for where, name in named:
            if name not in known:
                self.complain(where, f"{name!r} is no number of result.json{did_you_mean(name, known)}")


def plan_batch(question: Batch, document: Document, engine: EngineName = "compiled") -> Plan:
    """The plan of a batch, all of its variants tried against the base day."""
    draft = Draft(question, document)
    changes = _variants(question)
    for path, values in question.axes.items():
        if len({repr(value) for value in values}) < len(values) and question.combine == "cartesian":
            draft.complain(("axes", path), "a value is there twice, and would make the same variant twice")
    for name, wanted in changes.items():
        draft.try_changes(draft.base, wanted, ("variants", name) if name in question.variants else ("axes",))
    if question.base is not None and question.base not in changes:
        draft.complain(("base",), f"{question.base!r} is none of the variants{did_you_mean(question.base, changes)}")
    draft.check_outcomes(_named_outcomes(question))
    _check_fraction(draft, question)
    draft.stop_if_wrong()
    shown = _shown(draft, changes)
    return Plan(question, draft.base, Variants(tuple(changes), tuple(changes.values()), shown), "shared", engine)


def _named_outcomes(question: Question) -> Iterator[tuple[Keys, str]]:
    """Every outcome that a question names, with its place."""
    yield from ((("outcomes", index), name) for index, name in enumerate(question.outcomes))
    yield from ((("goals", name, "outcome"), goal.outcome) for name, goal in question.goals.items())
    stop = question.stop if isinstance(question, Study) else None
    if stop and stop.outcome:
        yield ("stop", "outcome"), stop.outcome


def _variants(question: Batch) -> dict[str, dict[str, Any]]:
    """Every variant by name: the named ones, combinations of the axes, or each of the former with all of these."""
    combine = product if question.combine == "cartesian" else zip
    points = [dict(zip(question.axes, values, strict=True)) for values in combine(*question.axes.values())]
    if not question.axes:
        return {name: dict(changes) for name, changes in question.variants.items()}
    if not question.variants:
        return {_named(point): point for point in points}
    return {f"{name}, {_named(point)}": {**changes, **point}
            for name, changes in question.variants.items() for point in points}  # fmt: skip


def _named(point: Mapping[str, Any]) -> str:
    """A name for a combination: the last key of each path and its value."""
    return ", ".join(f"{split(path)[-1]} {value}" for path, value in point.items())


def _shown(draft: Draft, changes: Mapping[str, Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Every varied path with its value in every variant; what a variant leaves alone is the base day's."""
    paths = dict.fromkeys(path for wanted in changes.values() for path in wanted)
    return {
        path: [wanted[path] if path in wanted else _value(draft, path) for wanted in changes.values()] for path in paths
    }


def _value(draft: Draft, path: str) -> Any:
    """What stands at a path of the base day; a figure that it does not set is the catalogue's; None for a new entry."""
    keys = [str(key) for key in split(path)]
    try:
        if keys[0] == FACTS:
            entry = with_facts(draft.catalogue, draft.base.facts).pick(keys[1], keys[2])
            return getattr(getattr(entry, keys[3]), "value", None)
        return get(draft.base, path)
    except ScenarioError:
        return None


def plan_study(question: Study, document: Document, engine: EngineName = "compiled") -> Plan:
    """The plan of a study, all of its inputs tried against the base day and drawn."""
    draft = Draft(question, document)
    inputs = [Input(path, spread) for path, spread in question.uncertain.items()]
    if question.facts:
        own = set(question.uncertain)
        inputs += [it for it in offered(draft.base, draft.catalogue, question.facts) if it.path not in own]
        for name in ("only", "without"):
            draft.check_starts(("facts", name), getattr(question.facts, name))
    for one in inputs:
        for value in _probe(one):
            draft.try_changes(draft.base, {one.path: value}, ("uncertain",))
    correlation = _correlation(draft, question, inputs)
    draft.check_outcomes(_named_outcomes(question))
    _check_fraction(draft, question)
    draft.stop_if_wrong()
    streams = Streams(draft.base.seed)
    points = _points(question, [one.path for one in inputs], streams)
    points = points if correlation is None else tie(points, correlation, streams)
    shown = {one.path: one.distribution.ppf(points[:, index]).tolist() for index, one in enumerate(inputs)}
    only_prices = all(is_price(one.path) for one in inputs)
    days = question.days or ("shared" if only_prices or question.kind != "monte_carlo" else "own")
    return Plan(question, draft.base, Draws(tuple(inputs), points, shown), days, engine)


def _probe(one: Input) -> list[Any]:
    """Values to try: all choices, or some quantiles."""
    if isinstance(one.distribution, Discrete):
        return list(one.distribution.values)
    with np.errstate(over="ignore"):  # an infinity is refused as such
        return list(one.distribution.ppf(np.array(PROBES)).tolist())


def _points(question: Study, paths: list[str], streams: Streams) -> Points:
    if question.kind == "monte_carlo":
        return spread_points(question.draws, len(paths), question.points, streams)
    return design(question.kind, question.draws, paths, question.ends, streams)


def _correlation(draft: Draft, question: Study, inputs: list[Input]) -> np.ndarray | None:
    """The matrix of correlations of normal scores, where inputs go together."""
    if not question.correlations:
        return None
    paths = [one.path for one in inputs]
    ranks = np.eye(len(paths))
    for index, correlation in enumerate(question.correlations):
        wrong = [what for path in correlation.between if (what := _unrankable(path, inputs))]
        for what in wrong:
            draft.complain(("correlations", index, "between"), what)
        if not wrong:
            one, other = (paths.index(path) for path in correlation.between)
            if one != other and ranks[one, other]:
                draft.complain(("correlations", index), "these two inputs were tied before: leave one of the ties out")
            ranks[one, other] = ranks[other, one] = 1.0 if one == other else correlation.rank
    matrix = pearson(ranks)
    smallest, tied = float(np.linalg.eigvalsh(matrix)[0]), len(tied_columns(matrix))
    if smallest <= np.finfo(float).eps * len(paths):
        what = f"cannot all hold: their matrix is not positive definite (smallest eigenvalue {smallest:.3g})"
        draft.complain(("correlations",), f"{what}; bring them nearer to zero")
    if question.draws < DRAWS_A_TIE * tied:
        what = f"{tied} inputs that go together take at least {DRAWS_A_TIE * tied} draws, not {question.draws}"
        draft.complain(("correlations",), what)
    return matrix


def _unrankable(path: str, inputs: list[Input]) -> str:
    """Why an input cannot go with another, or nothing."""
    known = {one.path: one.distribution for one in inputs}
    if path not in known:
        return f"{path} is no uncertain input of this study{did_you_mean(path, known)}"
    spread = known[path]
    return (
        f"{path} is a choice, not a number: it has no rank"
        if isinstance(spread, Discrete) and not spread.is_ranked
        else ""
    )


def _check_fraction(draft: Draft, question: Question) -> None:
    if question.fleet_fraction is not None and draft.base.workload.trace is not None:
        draft.complain(("fleet_fraction",), "a replayed trace cannot be asked of a part of the fleet; leave it out")


def document_of(data: Mapping[str, Any]) -> Document:
    """A question given as data rather than as a file."""
    return Document(Path("question"), dict(data))
