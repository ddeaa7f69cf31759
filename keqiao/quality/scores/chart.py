"""Draws the score over time as one line against the goal: plain SVG, no script."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

WIDTH, HEIGHT = 640, 150
LEFT, RIGHT, TOP, BOTTOM = 8, 8, 16, 22
LABELS = 6


@dataclass(frozen=True)
class Chart:
    """Positions in the drawing: the line as SVG points, the goal's height, labels below."""

    points: str
    last: tuple[float, float]
    last_text: str
    goal_y: float
    labels: list[tuple[float, str]]
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def right(self) -> int:
        return WIDTH - RIGHT

    @property
    def foot(self) -> int:
        return HEIGHT - 6

    @property
    def goal_text_y(self) -> float:
        return self.goal_y - 5


def chart(line: list[tuple[date, float]], goal: int, days: int) -> Chart | None:
    """Return the drawing of at least two days; None when there is no line yet."""
    if len(line) < 2:
        return None
    until = line[-1][0]
    since = max(line[0][0], until - timedelta(days=days))
    lowest = min(min(score for _day, score in line), goal)
    low, high = 10 * int((lowest - 1) // 10), 100

    def x(day: date) -> float:
        whole = (until - since).days or 1
        return round(LEFT + (WIDTH - LEFT - RIGHT) * (day - since).days / whole, 1)

    def y(score: float) -> float:
        return round(TOP + (HEIGHT - TOP - BOTTOM) * (high - score) / (high - low), 1)

    step = (until - since) / (LABELS - 1)
    marked = [since + step * number for number in range(LABELS)]
    return Chart(
        points=" ".join(f"{x(day)},{y(score)}" for day, score in line),
        last=(x(until), y(line[-1][1])),
        last_text=f"{line[-1][1]:.1f}",
        goal_y=y(goal),
        labels=list(dict.fromkeys((x(day), f"{day.month}-{day.day}") for day in marked)),
    )
