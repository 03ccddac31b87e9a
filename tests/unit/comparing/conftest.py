"""A comparison as it comes out, without the trainings."""

import numpy as np
import pytest

from i2i.comparing.budget import Budget
from i2i.comparing.curves import Curve
from i2i.comparing.leads import Lead
from i2i.comparing.pictures import Pictures, Shot
from i2i.comparing.result import Comparison
from i2i.comparing.rows import Cost, Row
from i2i.metrics.bootstrap import Interval
from i2i.metrics.paired import PAIRED
from i2i.metrics.sliced import SLICED_WASSERSTEIN

MEASURES = {"psnr": PAIRED["psnr"], "l1": PAIRED["l1"], "sliced_wasserstein": SLICED_WASSERSTEIN}


def row(label, psnr, l1, sliced, leads=None, **more):
    scores = {
        "psnr": Interval(psnr, psnr - 1, psnr + 1, 40),
        "l1": Interval(l1, l1 - 1, l1 + 1, 40),
        "sliced_wasserstein": Interval(sliced),
    }
    by_seed = {key: (interval.mean,) for key, interval in scores.items()}
    found = {key: Lead(Interval(*ends, 40), ends[:1]) for key, ends in (leads or {}).items()}
    cost = Cost(1200, 61.0, 70.0, 19.7, 3.5e9, 4.2e12, 1_234_567, 250_000_000)
    settled = {
        "recipe": "pix2pix",
        "seeds": (0,),
        "kept": "sliced_wasserstein",
        "by_seed": by_seed,
        "cost": cost,
        **more,
    }
    return Row(label, scores=scores, leads=found, **settled)


@pytest.fixture
def methods():
    ahead = {"psnr": (0.5, 0.2, 0.8), "l1": (0.1, -0.4, 0.6)}
    behind = {"psnr": (-2.0, -2.5, -1.5), "l1": (-1.0, -1.4, -0.6)}
    return [
        row("pix2pix", 20.0, 9.0, 0.5),
        row("bold<b>", 20.5, 8.9, 0.2, ahead),
        row("cut", 18.0, 10.0, 0.4, behind, recipe="cut", kept="last"),
        Row("spade", "spade", "paints label maps"),
    ]


@pytest.fixture
def comparison(methods):
    pictures = Pictures(20)
    for number in range(20):
        level = np.full((16, 16, 3), 10 * number, np.uint8)
        made = {"pix2pix": level, "bold<b>": level // 2, "cut": level // 3}
        pictures.add(Shot(f"image-{number}", level, made, 255 - level))
    values = {"psnr": [20.0, 21.0, 22.0], "l1": [9.0, 8.5, 8.0], "sliced_wasserstein": [0.5, 0.3, 0.2]}
    names = {"psnr": "PSNR, dB", "l1": "L1, grey levels", "sliced_wasserstein": "Sliced Wasserstein"}
    curves = [Curve(number, [8.0, 16.0, 24.0], [60.0, 120.0, 180.0], values, names) for number in range(3)]
    return Comparison(
        title="4 methods on facades, 20 min each",
        budget=Budget(1200, "seconds"),
        split="held-out",
        names=[f"image-{number}" for number in range(20)],
        methods=methods,
        baselines=[Row("copy the input", scores={"psnr": Interval(10.0, 9.0, 11.0, 20)})],
        measures=MEASURES,
        per_image={each.label: {"psnr": {0: [float(n) for n in range(20)]}} for each in methods if not each.reason},
        correction="corrected for 4 comparisons",
        protocol="Pairs: held out.\nPSNR: range 255.",
        notes=["spade is not compared: paints label maps."],
        missing={"LPIPS": "no weights"},
        made={"software": "i2i", "machine": "a machine"},
        pictures=pictures,
        curves=curves,
    )
