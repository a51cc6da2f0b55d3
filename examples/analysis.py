"""The analysis of the example `data-analysis.yaml`: a tool of one's own, in plain Python."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import milepost

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
FEWEST_REPORTS = 30
"""A phase with fewer reports is left out of the ranking: its rate would be chance."""

Row = Mapping[str, str | int | float | None]


@dataclass(frozen=True)
class Findings:
    """What the numbers say: one sentence, a text in Markdown, and rows to draw and to show."""

    answer: str
    summary: str
    chart_data: list[dict[str, str | int]]
    phases: list[dict[str, str | int | float]]


@milepost.tool(name="strikes.analyze", effect="read")
def analyze(rows: list[dict[str, str | int | float | None]]) -> Findings:
    """Find the months and the phases of flight in which birds hit and damage aircraft most."""
    by_month, damaged_by_month = _sums(rows, "month", "strikes"), _sums(rows, "month", "damaged")
    phases = _phases(rows)
    total, damaged = sum(by_month.values()), sum(damaged_by_month.values())
    if not total:
        raise ValueError("there are no strikes to analyse; choose an earlier day")
    peak, most = by_month.most_common(1)[0]
    riskiest = phases[0]
    answer = (
        f"{total:,} strikes were reported, {damaged} with damage ({damaged / total:.1%}). "
        f"{MONTHS[int(peak) - 1]} is the peak with {most} reports, "
        f"{most * 12 / total:.1f} times an average month; damage is most frequent in the phase "
        f"'{riskiest['phase']}' ({riskiest['damaged_percent']} % of {riskiest['strikes']} reports)."
    )
    cost = sum(_sums(rows, "phase", "cost_usd").values())
    return Findings(answer, _summary(answer, by_month, cost), _chart(rows), phases)


def _sums(rows: Sequence[Row], key: str, field: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for row in rows:
        found[str(row[key])] += int(row[field] or 0)
    return found


def _phases(rows: Sequence[Row]) -> list[dict[str, str | int | float]]:
    """Return the phases with enough reports, those with the highest share of damage first."""
    strikes, damaged = _sums(rows, "phase", "strikes"), _sums(rows, "phase", "damaged")
    costs = _sums(rows, "phase", "cost_usd")
    table: list[dict[str, str | int | float]] = [
        {
            "phase": phase,
            "strikes": count,
            "damaged": damaged[phase],
            "damaged_percent": round(100 * damaged[phase] / count, 1),
            "cost_usd": costs[phase],
        }
        for phase, count in strikes.items()
        if count >= FEWEST_REPORTS
    ]
    return sorted(table, key=lambda row: row["damaged_percent"], reverse=True)


def _chart(rows: Sequence[Row]) -> list[dict[str, str | int]]:
    strikes, damaged = _sums(rows, "month", "strikes"), _sums(rows, "month", "damaged")
    return [
        {
            "month": name,
            "without damage": strikes[str(number)] - damaged[str(number)],
            "with damage": damaged[str(number)],
        }
        for number, name in enumerate(MONTHS, start=1)
    ]


def _summary(answer: str, by_month: Counter[str], cost: int) -> str:
    total = sum(by_month.values())
    summer = sum(by_month[str(month)] for month in (7, 8, 9, 10))
    return (
        f"{answer}\n\n"
        f"July to October have {summer / total:.0%} of all reports. "
        f"The reports name {cost:,} dollars of costs; most name none.\n\n"
        "Reports were voluntary: the counts say what was reported, not how often aircraft were hit."
    )
