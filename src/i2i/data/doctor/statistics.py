"""Numbers of a whole side and split, channel by channel."""

from dataclasses import dataclass

import numpy as np

from i2i.data.doctor.evidence import Evidence
from i2i.data.doctor.sides import SideName
from i2i.data.folders import Split


@dataclass(frozen=True)
class ChannelStatistics:
    """One channel of one side in one split.

    Attributes:
        side, split, channel: which; channels count from 1.
        name: of the channel, empty where the files have none.
        images: that could be read.
        minimum, maximum, mean, deviation: of all readings, exactly.
        low, median, high: 1st, 50th and 99th percentile, from readings drawn at random of every image.
        readings: share of the pixels that are one.
    """

    side: SideName
    split: Split
    channel: int
    name: str
    images: int
    minimum: float
    maximum: float
    mean: float
    deviation: float
    low: float
    median: float
    high: float
    readings: float


def channel_statistics(evidence: Evidence) -> list[ChannelStatistics]:
    """Of every side, split and channel that has readings."""
    return [row for side in evidence.sides for split in evidence.splits for row in _of_split(evidence, side, split)]


def _of_split(evidence: Evidence, side: SideName, split: Split) -> list[ChannelStatistics]:
    looks = [look for _, look in evidence.looks(side, split)]
    if not looks:
        return []
    figures = np.stack([look.figures for look in looks])
    drawn = evidence.drawn(side, split)
    names = looks[0].header.names
    rows = []
    for channel in range(figures.shape[1]):
        known = figures[figures["readings"][:, channel] > 0, channel]
        values = drawn[np.isfinite(drawn[:, channel]), channel]
        if not len(known) or not len(values):
            continue
        weight = known["readings"] / known["readings"].sum()
        mean = float(weight @ known["mean"])
        spread = known["deviation"] ** 2 + (known["mean"] - mean) ** 2
        low, median, high = (float(value) for value in np.percentile(values, (1, 50, 99)))
        rows.append(
            ChannelStatistics(
                side,
                split,
                channel + 1,
                names[channel] if channel < len(names) else "",
                len(looks),
                float(known["minimum"].min()),
                float(known["maximum"].max()),
                mean,
                float(np.sqrt(weight @ spread)),
                low,
                median,
                high,
                float(figures["share"][:, channel].mean()),
            )
        )
    return rows
