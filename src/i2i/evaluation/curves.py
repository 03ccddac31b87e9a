"""Training curves as small multiples: a panel a quantity, all over the same images seen."""

import csv
import io
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from i2i.errors import InputError
from i2i.metrics.measure import Measure
from i2i.metrics.paired import PAIRED
from i2i.metrics.sliced import SLICED_WASSERSTEIN

Series = NDArray[np.float64]

TOGETHER = {"discriminator": "discriminator", "lr": "learning rate"}
"""Prefixes whose terms share a panel of this title, because they share a scale and are read against each other."""

MEASURES: dict[str, Measure] = {**PAIRED, "sliced_wasserstein": SLICED_WASSERSTEIN}
"""The measures of a validation by column: what they are called and which end is the better."""

_LINES = {False: ("#0072b2", "#d55e00", "#009e73", "#cc79a7"), True: ("#56b4e9", "#e69f00", "#2fbf95", "#cc79a7")}
"""Okabe and Ito's colours, told apart by the colour-blind: on light, on dark."""
_PAPER = {False: ("#ffffff", "#262624", "#8a8a86", "#e6e6e2"), True: ("#1b1c1e", "#e8e8e4", "#9a9a96", "#34363a")}
"""Background, ink, quiet ink, grid."""
_PANEL_INCHES = (3.6, 2.3)
_STEPS = (1, 2, 2.5, 5, 10)
_POINTS = 400
_SMOOTHED_OVER = 25


@dataclass(frozen=True)
class Panel:
    """A title and its lines by name, over images seen; `best` marks a validation measure's best point."""

    title: str
    lines: dict[str, tuple[Series, Series]]
    validation: bool = False
    higher_is_better: bool | None = None


@dataclass(frozen=True)
class CurvePictures:
    """The same curves four times, as PNG: for light and dark paper, for wide and narrow screens."""

    light: bytes
    dark: bytes
    light_narrow: bytes
    dark_narrow: bytes


def plot_curves(
    losses_csv: Path | None,
    validation_csv: Path | None = None,
    *,
    columns: int = 3,
    dark: bool = False,
    measures: Mapping[str, Measure] = MEASURES,
) -> bytes:
    """All curves of a run as a PNG: losses with their moving mean on top, validation measures with their best point.

    Args:
        losses_csv: header `images_seen,seconds,<term>,...`.
        validation_csv: header `images_seen,<measure>,...`.
        columns: panels side by side.
        dark: for dark paper.
        measures: what the columns of the validation are called.

    Raises:
        InputError: a file is missing, empty, or has no `images_seen`.
    """
    return _draw(_panels(losses_csv, validation_csv, measures), columns, dark)


def curve_pictures(
    losses_csv: Path | None, validation_csv: Path | None, measures: Mapping[str, Measure] = MEASURES
) -> CurvePictures:
    """The curves for every paper and screen of a report; raises as `plot_curves` does."""
    panels = _panels(losses_csv, validation_csv, measures)
    return CurvePictures(*(_draw(panels, columns, dark) for columns in (3, 1) for dark in (False, True)))


def read_curves(path: Path) -> dict[str, Series]:
    """The columns of a CSV file of numbers; a cell that is no finite number is NaN, a line cut short is left out."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            header, *lines = list(csv.reader(file)) or [[]]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: can't be read ({error}); expected a run's CSV file of curves") from error
    if "images_seen" not in header:
        raise InputError(f"{path}: has no column 'images_seen'; found {header or 'nothing'}; expected a run's curves")
    whole = [[_number(cell) for cell in line] for line in lines if len(line) == len(header)]
    return {name: np.array([line[index] for line in whole]) for index, name in enumerate(header)}


def _number(cell: str) -> float:
    try:
        number = float(cell)
    except ValueError:
        return math.nan
    return number if math.isfinite(number) else math.nan


def _panels(
    losses_csv: Path | None, validation_csv: Path | None, measures: Mapping[str, Measure] = MEASURES
) -> list[Panel]:
    panels: dict[str, Panel] = {}
    if validation_csv is not None:
        for name, line in _lines(validation_csv).items():
            known = measures.get(name)
            title = f"val. {known.heading}" if known else f"val. {name}"
            higher = None if known is None or known.direction == "zero" else known.higher_is_better
            panels[title] = Panel(title, {name: line}, validation=True, higher_is_better=higher)
    if losses_csv is not None:
        for name, line in _lines(losses_csv).items():
            prefix, _, term = name.partition(".")
            together = prefix in TOGETHER and bool(term)
            title = TOGETHER[prefix] if together else name.replace(".", ": ").replace("_", " ")
            panels.setdefault(title, Panel(title, {})).lines[term if together else name] = line
    if not panels:
        raise InputError(f"{losses_csv or validation_csv}: holds no numbers yet; nothing to draw; train further first")
    return list(panels.values())


def _lines(path: Path) -> dict[str, tuple[Series, Series]]:
    columns = read_curves(path)
    seen = columns.pop("images_seen")
    columns.pop("seconds", None)
    return {name: (seen, values) for name, values in columns.items() if np.isfinite(values).any()}


def _draw(panels: list[Panel], columns: int, dark: bool) -> bytes:
    columns = min(columns, len(panels))
    rows = math.ceil(len(panels) / columns)
    background, *_ = _PAPER[dark]
    figure = Figure(figsize=(_PANEL_INCHES[0] * columns, _PANEL_INCHES[1] * rows), dpi=160, facecolor=background)
    figure.set_layout_engine("constrained", hspace=0.08, wspace=0.06)
    FigureCanvasAgg(figure)
    grid = figure.subplots(rows, columns, squeeze=False).flat
    for index, axes in enumerate(grid):
        if index >= len(panels):
            axes.set_axis_off()
            continue
        _draw_panel(axes, panels[index], dark, bottom=index >= len(panels) - columns)
    picture = io.BytesIO()
    figure.savefig(picture, format="png", metadata={"Software": None})
    return picture.getvalue()


def _draw_panel(axes: Axes, panel: Panel, dark: bool, bottom: bool) -> None:
    _style(axes, panel.title, dark, bottom)
    for index, (name, (seen, values)) in enumerate(panel.lines.items()):
        colour = _LINES[dark][index % len(_LINES[dark])]
        if panel.validation:
            axes.plot(seen, values, color=colour, linewidth=1.4, marker="o", markersize=3)
            _mark_best(axes, panel, seen, values, dark)
            continue
        x, y = _binned(seen, values)
        smooth = y if panel.title == TOGETHER["lr"] else _smoothed(y)
        axes.plot(x, y, color=colour, linewidth=0.8, alpha=0.35)
        axes.plot(x, smooth, color=colour, linewidth=1.6, label=name)
    if len(panel.lines) > 1:
        axes.legend(frameon=False, fontsize=8, labelcolor=_PAPER[dark][1], handlelength=1.2, borderpad=0.2)


def _style(axes: Axes, title: str, dark: bool, bottom: bool) -> None:
    background, ink, quiet, grid = _PAPER[dark]
    axes.set_facecolor(background)
    axes.set_title(title, fontsize=9.5, color=ink, loc="left", fontweight="bold")
    axes.grid(True, color=grid, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(grid)
    axes.tick_params(colors=quiet, labelsize=8, length=0)
    axes.xaxis.set_major_locator(MaxNLocator(4, steps=_STEPS))
    axes.yaxis.set_major_locator(MaxNLocator(4, steps=_STEPS))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _short(value)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _short(value)))
    axes.margins(x=0.02)
    if bottom:
        axes.set_xlabel("images seen", fontsize=8, color=quiet)


def _mark_best(axes: Axes, panel: Panel, seen: Series, values: Series, dark: bool) -> None:
    if panel.higher_is_better is None or not np.isfinite(values).any():
        return
    best = int(np.nanargmax(values) if panel.higher_is_better else np.nanargmin(values))
    ink = _PAPER[dark][1]
    axes.plot(seen[best], values[best], marker="o", markersize=7, markerfacecolor="none", markeredgecolor=ink)
    axes.set_title(f"○ {values[best]:.3g} at {_short(seen[best])}", fontsize=8, color=ink, loc="right")


def _short(value: float) -> str:
    """1500 -> 1.5k, 2000000 -> 2M, 0.0002 -> 0.0002."""
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:g}{letter}"
    return f"{value:.4g}"


def _binned(seen: Series, values: Series) -> tuple[Series, Series]:
    """At most 400 points, each the mean of what it stands for: a screen shows no more."""
    if len(seen) <= _POINTS:
        return seen, values
    edges = np.linspace(0, len(seen), _POINTS + 1).astype(int)
    counts = np.diff(edges)
    return np.add.reduceat(seen, edges[:-1]) / counts, np.add.reduceat(values, edges[:-1]) / counts


def _smoothed(values: Series) -> Series:
    """Centred moving mean over at most 25 points and a fifth of the curve; NaN counts for nothing."""
    width = max(1, min(_SMOOTHED_OVER, len(values) // 5) // 2 * 2 + 1)
    finite = np.isfinite(values)
    taps = np.ones(width)
    weight = np.convolve(finite.astype(float), taps, "same")
    total = np.convolve(np.where(finite, values, 0.0), taps, "same")
    return np.where(finite, total / np.maximum(weight, 1), math.nan)
