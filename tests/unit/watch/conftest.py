"""Run folders made of text and small pictures, as a training leaves them."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from i2i.images import write_image

MakeRun = Callable[..., Path]


@pytest.fixture
def make_run(tmp_path: Path) -> MakeRun:
    """make_run(name, images_seen=600, images=1000, sick=False, folder=tmp_path, **settings) -> the folder."""

    def make(
        name: str,
        images_seen: int = 600,
        images: int = 1000,
        sick: bool = False,
        folder: Path = tmp_path,
        seed: int = 0,
    ) -> Path:
        run = folder / name
        (run / "samples").mkdir(parents=True)
        (run / "config.yaml").write_text(
            f"recipe: pix2pix\nmethod: pix2pix\nloss: {{adversarial: cross-entropy, discriminator_weight: 0.5}}\n"
            f"training: {{images: {images}, best: psnr, seed: {seed}}}\n"
        )
        measures = {
            "psnr": {"label": "PSNR", "unit": "dB", "direction": "higher", "decimals": 2, "definition": "of luma"},
            "l1": {"label": "L1", "unit": "grey levels", "direction": "lower", "decimals": 2, "definition": "mean"},
        }
        (run / "measures.json").write_text(json.dumps(measures))
        logged = range(10, images_seen + 1, 10)
        losses = "images_seen,seconds,discriminator.real,discriminator.fake,generator.adversarial,lr.generator\n"
        losses += "".join(f"{seen},{seen / 20},0.3,0.2,{1 + seen / images},0.0002\n" for seen in logged)
        (run / "losses.csv").write_text(losses)
        checked = range(100, images_seen + 1, 100)
        validation = "images_seen,psnr,l1\n" + "".join(f"{n},{12 + min(n, 400) / 100},{50 - n / 50}\n" for n in checked)
        (run / "validation.csv").write_text(validation)
        contrast = 0.02 if sick else 0.8
        symptoms = "images_seen,right_real,right_fake,contrast,variety,input_variety,correlation\n"
        symptoms += "".join(f"{seen},0.9,0.8,{contrast},0.5,0.5,0.4\n" for seen in checked)
        (run / "symptoms.csv").write_text(symptoms)
        for seen in checked:
            shade = np.full((40, 96, 3), seen * 200 // images, np.uint8)
            write_image(run / "samples" / f"{seen:08d}.png", shade)
        return run

    return make
