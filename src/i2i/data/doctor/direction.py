"""Whether the direction is probably the wrong way round: most tasks go from the side that holds less to the other."""

import numpy as np

from i2i.data.doctor.evidence import Evidence
from i2i.data.doctor.finding import Finding
from i2i.data.doctor.gallery import MOST, pair_picture
from i2i.data.doctor.sides import SideName

_LEVELS = 32


def check_direction(evidence: Evidence) -> list[Finding]:
    """Advice, where pictures are to be translated into drawings or label maps: it may be meant."""
    if len(evidence.sides) < 2 or evidence.kind("input").is_simple or not evidence.kind("target").is_simple:
        return []
    kind = evidence.kind("target")
    what = "drawings" if kind.name == "drawing" else f"label maps of {len(kind.colours)} values"
    first, _, second = evidence.found.direction.partition("-to-")
    bits = {side: _entropy(evidence, side) for side in evidence.sides}
    return [
        Finding(
            "direction",
            "advice",
            f"the target looks simpler than the input: {what} ({bits['target']:.1f} bits a sample), the inputs are "
            f"pictures ({bits['input']:.1f} bits)",
            f"fine if that is the task; to make pictures of them use --direction {second}-to-{first}",
            figures={"bits_of_input": bits["input"], "bits_of_target": bits["target"], "target": kind.name},
            pictures=tuple(pair_picture(evidence, number) for number, _ in list(evidence.looks("input"))[: MOST // 2]),
        )
    ]


def _entropy(evidence: Evidence, side: SideName) -> float:
    """Of the readings in 32 levels of the set's range, in bits; the mean of the channels."""
    low, high = evidence.span(side)
    bits = []
    for channel, values in enumerate(evidence.drawn(side).T):
        counts, _ = np.histogram(values, _LEVELS, (low[channel], max(high[channel], low[channel] + 1e-9)))
        share = counts[counts > 0] / max(1, counts.sum())
        bits.append(float(-(share * np.log2(share)).sum()))
    return float(np.mean(bits))
