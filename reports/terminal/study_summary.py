"""What the command line shows of a batch or study: the answer, how sure it is, and what could not be done.

Goals of a batch or study in the terminal: how often each is missed, and which variant keeps them all.
"""

from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from reports.terminal.console import width
from reports.terminal.day_summary import counted
from reports.terminal.tables import (
    WIDE,
    Form,
    change,
    fits,
    half,
    interval,
    number,
    percent,
    plain_table,
    share,
    signed,
    stacked,
    word_table,
)
from sim.studies.questions.cell_plan import Plan, Variants
from sim.studies.sampling.distributions import in_words
from sim.studies.statistics.goals import GoalResult, Share, goal_results, misses_by_variant

MOST_BARS = 15
"""Inputs that a ranking shows."""
QUANTILES = ("p05", "p50", "p95")
LONGEST_PATH, SHORTEST_PATH = 48, 24
MANY_TIMES = 100
"""Whose fractions nobody reads."""
NUMBERS = 54
"""Columns that the numbers beside a path take at most."""


def study_summary(summary: dict[str, Any], where: str) -> RenderableType:
    """The summary of a batch or study from its summary.json."""
    room = max(SHORTEST_PATH, min(LONGEST_PATH, width() - NUMBERS))
    tables = [part for name in summary["outcomes"] for part in (_title(summary, name), _table_of(summary, name, room))]
    written = Text(f"\nwritten to {where}", style="dim", no_wrap=True, overflow="ignore")
    beside = [*goal_tables(summary), *_common_days(summary), *_fraction(summary)]
    return Group(_headline(summary), *tables, *beside, written)


def failures(summary: dict[str, Any]) -> list[str]:
    """A line for every cell that failed."""
    told = [
        f"cell {one['cell']} ({one['label']}, replication {one['replication']}) failed: {one['message']}"
        for one in summary["failed"]
    ]
    left = summary["cells"]["failed"] - len(told)
    return told + [f"and {left:,} more cells; outcomes.parquet has all of them"] * (left > 0)


def plan_table(plan: Plan) -> RenderableType:
    """What a batch or study is going to vary."""
    rows = plan.rows
    if isinstance(rows, Variants):
        changes = (", ".join(f"{path}: {value}" for path, value in wanted.items()) for wanted in rows.changes)
        return word_table(("variant", "changes"), list(zip(rows.names, changes, strict=True)))
    inputs = [(one.path, in_words(one.distribution), one.source) for one in rows.inputs]
    return word_table(("input", "distribution", "source"), inputs, WIDE)


def _headline(summary: dict[str, Any]) -> Text:
    text = Text()
    text.append(f"{summary['name']}\n", style="bold")
    cells, kind = summary["cells"], summary["kind"].replace("_", " ")
    text.append(f"{kind} of {summary['scenario']}: {cells['done']:,} of {cells['planned']:,} cells")
    if kind != "batch":
        text.append(f", {summary['draws']:,} draws of {len(summary['inputs'])} inputs")
    differences = f"differences to {summary['base']}, " if kind == "batch" else ""
    text.append(f", {_days(summary)}; {differences}intervals at {summary['confidence']:.0%}")
    if summary.get("stopped"):
        text.append(f"\nstopped after {summary['stopped']['draws']:,} draws: {summary['stopped']['because']}")
    return text


def _days(summary: dict[str, Any]) -> str:
    count, whose = summary["replications"], "variant" if summary["kind"] == "batch" else "draw"
    days = f"{count} random day{'s' * (count > 1)}"
    return f"the same {days} for every {whose}" if summary["days"] == "shared" else f"{days} for each {whose}"


def _title(summary: dict[str, Any], name: str) -> Text:
    return Text(f"\n{name} [{summary['units'][name]}]", style="bold")


def _table_of(summary: dict[str, Any], name: str, room: int) -> RenderableType:
    """The results of one outcome, with so much room for a path."""
    result = summary["results"][name]
    if summary["kind"] == "batch":
        return _variants(result)
    if summary["kind"] == "monte_carlo":
        return _distribution(result)
    return _tornado(result, room) if summary["kind"] == "tornado" else _ranking(summary["kind"], result, room)


def _variants(result: dict[str, Any]) -> RenderableType:
    head = ("variant", "mean", "±", "difference", "±", "change")
    rows = [(name, *_variant(told, result["differences"].get(name))) for name, told in result["variants"].items()]
    if not fits(head, *rows):
        return stacked(map(_in_a_line, rows))
    table = plain_table(*head)
    for name, *cells in rows:
        table.add_row(Text(name), *cells)
    return table


def _variant(told: dict[str, Any], difference: dict[str, Any] | None) -> tuple[str, str, str, str, str]:
    """Mean and half its interval, difference to the base and half of its, change; the base has none to itself."""
    level = (number(told["mean"]["estimate"]), half(told["mean"]))
    if difference is None:
        return (*level, "", "", "")
    found = difference["mean"]
    return (*level, signed(found["estimate"]), half(found), change(difference["relative"]))


def _in_a_line(row: tuple[str, ...]) -> tuple[str, ...]:
    name, mean, half, difference, around, change = row
    return name, f"{mean} ± {half}", f"{difference} ± {around} or {change}" if difference else ""


def _distribution(result: dict[str, Any]) -> Table:
    table = plain_table("", "estimate", "interval")
    rows = [("mean", result["mean"])]
    rows += [(f"{name[1:].lstrip('0')} % quantile", result["quantiles"][name]) for name in QUANTILES]
    rows += [("mean of the highest twentieth", result["cvar"]["p95"])]
    for name, told in rows:
        table.add_row(name, number(told["estimate"]), interval(told))
    if result["variance"] is not None:
        world = result["variance"]["world_share"]
        table.add_row("share of variance from what is not known", percent(world["estimate"]), interval(world, percent))
    strongest, noise = _strongest(result), result["rank_noise"]
    beyond = "" if noise is None else f", beyond chance (±{noise:.2f})"
    title = f"strongest rank correlations{beyond}" if strongest else "rank correlations: none stands out from chance"
    table.add_row(title, "", "", style="dim")
    for path, rank in strongest:
        table.add_row(Text(f"  {_short(path, LONGEST_PATH)}"), f"{rank:+.2f}", "")
    return table


def _strongest(result: dict[str, Any]) -> list[tuple[str, float]]:
    """The strongest rank correlations of those that chance alone would hardly bring."""
    noise = result["rank_noise"]
    if noise is None:
        return []
    known = [(path, rank) for path, rank in result["rank_correlations"].items() if rank is not None]
    return sorted((pair for pair in known if abs(pair[1]) > noise), key=lambda pair: -abs(pair[1]))[:3]


def _tornado(result: dict[str, Any], room: int) -> Table:
    table = plain_table("input", "its low", "its high", "at low", "at high")
    for bar in result["bars"][:MOST_BARS]:
        cells = (bar["low_input"], bar["high_input"], bar["at_low"], bar["at_high"])
        table.add_row(Text(_short(bar["path"], room)), *map(number, cells))
    table.add_row("all at their medians", "", "", number(result["base"]), "", style="dim")
    return table


def _ranking(kind: str, result: dict[str, Any], room: int) -> Table:
    columns = {"morris": ("mu_star", "sigma"), "sobol": ("first", "total"), "pawn": ("median", "tail")}[kind]
    table = plain_table("input", *(part for column in columns for part in (column.replace("_star", "*"), "interval")))
    form = number if kind == "morris" else share  # the others are parts of a whole
    by = "total" if kind == "sobol" else columns[0]
    shown = [row for row in result["indices"] if form(_estimate(row[by])) != form(0.0)][:MOST_BARS]
    for row in shown:
        table.add_row(
            Text(_short(row["path"], room)), *(cell for column in columns for cell in _cells(row[column], form))
        )
    left = len(result["indices"]) - len(shown)
    if left:
        table.add_row(f"{counted(left, 'input')} of less effect", "", "", "", "", style="dim")
    if kind == "pawn":
        dummy, tail = share(result["dummy"]), share(result["dummy_tail"])
        table.add_row("an input without any effect", dummy, "", tail, "", style="dim")
    return table


def _cells(told: Any, form: Form) -> tuple[str, str]:
    return (form(told["estimate"]), interval(told, form)) if isinstance(told, dict) else (form(told), "")


def _estimate(told: Any) -> float | None:
    """An index, whether it has an interval or not."""
    number: float | None = told["estimate"] if isinstance(told, dict) else told
    return number


def _common_days(summary: dict[str, Any]) -> list[RenderableType]:
    """What it brought a batch that all variants met the same days."""
    if summary["kind"] != "batch":
        return []
    main = summary["outcomes"][0]
    told = summary["results"][main]["differences"].values()
    cuts = sorted(one["variance_cut"] for one in told if one["variance_cut"] is not None)
    if not cuts:
        return []
    times = " to ".join(
        f"{cut:.1f}" if cut < MANY_TIMES else f"{cut:,.0f}" for cut in dict.fromkeys([cuts[0], cuts[-1]])
    )
    return [Text(f"\ncommon days make the variance of the differences of {main} {times} times smaller", style="dim")]


def _fraction(summary: dict[str, Any]) -> list[RenderableType]:
    told = summary["fleet_fraction"]
    if told is None:
        return []
    text = f"\nstudied on {told['asked']} of the fleet ({told['realised']:.3%} of its servers), grown to the whole"
    text += _luck(told)
    if told["bias"] is None:
        return [Text(f"{text};\n--bias measures what that gets wrong")]
    table = plain_table("bias on the base day", "full fleet", "fraction", "off by", "interval")
    for name, one in told["bias"].items():
        off = "-" if one["relative"] is None else _off(one["relative"])
        table.add_row(name, number(one["full"]), number(one["fraction"]), off, interval(one, _off))
    return [Text(text), table]


def _luck(told: dict[str, Any]) -> str:
    """What a part of a fleet does to the luck of a day."""
    if told["repairs"] == "whole":
        return ";\nfailures and repairs are those of the whole fleet"
    factor = f"{1 / told['realised']:.3g}"
    return (
        f";\na part replaced there counts {factor} times: means are unbiased, but the spread is that of\n"
        f"what is not known plus up to {factor} times the variance of a whole fleet's luck"
    )


def _off(relative: float) -> str:
    return f"{relative:+.2%}"


def _short(path: str, room: int) -> str:
    """A path that fits a column: its end says most."""
    return path if len(path) <= room else f"...{path[3 - room :]}"


def goal_tables(summary: dict[str, Any]) -> list[RenderableType]:
    """How often goals are missed, and in a batch which variant meets them all; nothing where no goal was given."""
    goals = goal_results(summary)
    if not goals:
        return []
    if summary["kind"] == "batch":
        return _by_variant(summary, goals)
    table = plain_table("goal", "limit", "missed", "interval")
    for goal in goals:
        label, missed = Text(f"{goal.name}: {goal.outcome}"), goal.missed
        table.add_row(label, _limit(goal), percent(missed["estimate"]), interval(missed, percent))
    return [Text(), table]


def _by_variant(summary: dict[str, Any], goals: tuple[GoalResult, ...]) -> list[RenderableType]:
    """On how many of its days each variant of a batch misses each goal, and which to take."""
    table = plain_table("missed on", *(f"{goal.name} {_limit(goal)}" for goal in goals))
    for variant, misses in misses_by_variant(summary):
        table.add_row(Text(variant), *map(_missed, misses))
    lowest, main = summary["lowest_that_keeps"], summary["outcomes"][0]
    kept = f"on every day all goals are kept, and {main} is lowest, by: {lowest}"
    answer = "no variant keeps all goals on every day" if lowest is None else kept
    return [Text(), table, Text(f"\n{answer}", style="bold")]


def _missed(missed: Share) -> str:
    return "-" if missed["estimate"] is None else f"{percent(missed['estimate'])} ({interval(missed, percent)})"


def _limit(goal: GoalResult) -> str:
    return f"{'<=' if goal.side == 'at_most' else '>='} {goal.limit:,.6g}"
