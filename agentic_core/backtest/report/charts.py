"""The charts of a report as one SVG: equity, drawdown and exposure over one time axis."""

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

from agentic_core.backtest.report.axes import Scale, time_ticks, value_ticks
from agentic_core.backtest.report.markup import Markup, join, tag
from agentic_core.domain.run import EquityPoint, RunRecord
from agentic_core.domain.times import show

__all__ = ["run_chart"]

_WIDTH = 1_000
_LEFT = 76
_RIGHT = 958
_TIME_LABELS = 8
_POINTS_PER_PIXEL = 4


class _Panel(NamedTuple):
    title: str
    top: int
    bottom: int
    ticks: int
    unit: str


_EQUITY = _Panel("Equity, USD", 26, 286, 5, "")
_DRAWDOWN = _Panel("Drawdown, % of the peak", 332, 422, 3, " %")
_EXPOSURE = _Panel("Exposure, % of equity", 468, 538, 2, " %")
_HEIGHT = 566

_Curve = Sequence[tuple[float, float]]


def run_chart(run: RunRecord) -> Markup:
    """Draw a run; an empty picture says so where there is no equity curve."""
    if not run.equity:
        return tag("p", "No equity curve was recorded.")
    times = Scale(run.equity[0].time, run.equity[-1].time, _LEFT, _RIGHT)
    equity = [(float(point.time), float(point.equity)) for point in run.equity]
    peaks = accumulate((value for _, value in equity), max)
    fall = [
        (at, (value / peak - 1) * 100 if peak > 0 else 0.0) for (at, value), peak in zip(equity, peaks, strict=True)
    ]
    start = float(run.assumptions.starting_equity)
    return tag(
        "svg",
        tag("title", "Equity, drawdown and exposure over time"),
        _time_axis(run, times),
        _panel(_EQUITY, equity, times, base=start, cover=[start]),
        _panel(_DRAWDOWN, fall, times, base=0.0, cover=[0.0, -0.2]),
        _panel(_EXPOSURE, _exposure(run.equity, run.interval.ms), times, base=0.0, cover=[0.0, 1.0]),
        _halts(run, times),
        viewBox=f"0 0 {_WIDTH} {_HEIGHT}",
        role="img",
        class_="chart",
    )


def _exposure(points: Sequence[EquityPoint], interval_ms: int) -> _Curve:
    # Between zero and something there is a step: a position comes and goes at a mark, and shows at the next one.
    curve: list[tuple[float, float]] = []
    for point in points:
        level = float(point.exposure / point.equity) * 100 if point.equity > 0 else 0.0
        if curve and bool(curve[-1][1]) != bool(level):
            step = curve[-1][0] if curve[-1][1] else max(curve[-1][0], float(point.time - interval_ms))
            curve += [(step, 0.0), (step, level)] if level else [(step, 0.0)]
        curve.append((float(point.time), level))
    return curve


def _panel(panel: _Panel, curve: _Curve, times: Scale, *, base: float, cover: Sequence[float]) -> Markup:
    values = [value for _, value in curve] + list(cover)
    ticks = value_ticks(min(values), max(values), panel.ticks)
    scale = Scale(ticks[0], ticks[-1], panel.bottom, panel.top)
    places = [(times(at), scale(value)) for at, value in _thinned(curve, times)]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    floor = f"{scale(base):.1f}"
    area = f"M{places[0][0]:.1f},{floor} L{line} L{places[-1][0]:.1f},{floor} Z"
    kind = panel.title.split(",")[0].lower()
    return join(
        tag("text", panel.title, x=_LEFT, y=panel.top - 10, class_="panel"),
        *(_gridline(scale(tick), f"{_label(tick, ticks)}{panel.unit}") for tick in ticks),
        tag("path", d=area, class_=f"area {kind}"),
        tag("line", x1=_LEFT, x2=_RIGHT, y1=scale(base), y2=scale(base), class_="base"),
        tag("polyline", points=line, class_=f"line {kind}"),
    )


def _gridline(y: float, label: str) -> Markup:
    return join(
        tag("line", x1=_LEFT, x2=_RIGHT, y1=y, y2=y, class_="grid"),
        tag("text", label, x=_LEFT - 8, y=y + 4, class_="value"),
    )


def _label(value: float, ticks: Sequence[float]) -> str:
    step = ticks[1] - ticks[0]
    digits = next((digits for digits in range(6) if abs(round(step, digits) - step) < step * 1e-6), 6)
    return f"{value + 0.0:,.{digits}f}".replace("-", "−")


def _time_axis(run: RunRecord, times: Scale) -> Markup:
    marks = []
    for at, label in time_ticks(run.equity[0].time, run.equity[-1].time, _TIME_LABELS):
        x = times(at)
        marks += [
            tag("line", x1=x, x2=x, y1=panel.top, y2=panel.bottom, class_="grid")
            for panel in (_EQUITY, _DRAWDOWN, _EXPOSURE)
        ]
        marks.append(tag("text", label, x=x, y=_EXPOSURE.bottom + 20, class_="time"))
    return join(*marks)


def _halts(run: RunRecord, times: Scale) -> Markup:
    marks = []
    for halt in run.halts:
        x = times(halt.time)
        label = f"halt: {halt.reason.replace('_', ' ')}"
        left = x > (_LEFT + _RIGHT) / 2
        marks.append(
            tag(
                "g",
                tag("title", f"{label}, {show(halt.time)}"),
                tag("line", x1=x, x2=x, y1=_EQUITY.top, y2=_EXPOSURE.bottom, class_="halt"),
                tag(
                    "text",
                    label,
                    x=x - 6 if left else x + 6,
                    y=_EQUITY.top + 12,
                    text_anchor="end" if left else "start",
                ),
                class_="halts",
            )
        )
    return join(*marks)


def _thinned(curve: _Curve, times: Scale) -> _Curve:
    # Each column of pixels keeps its first, lowest, highest and last point, so that no extreme disappears.
    if len(curve) <= _POINTS_PER_PIXEL * (_RIGHT - _LEFT):
        return curve
    kept: list[tuple[float, float]] = []
    column: list[tuple[float, float]] = []
    for point, following in pairwise([*curve, curve[-1]]):
        column.append(point)
        if following is curve[-1] or int(times(following[0])) != int(times(point[0])):
            value = [place[1] for place in column]
            chosen = {0, value.index(min(value)), value.index(max(value)), len(column) - 1}
            kept += [column[index] for index in sorted(chosen)]
            column = []
    return [*kept, curve[-1]]
