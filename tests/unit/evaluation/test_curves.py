import io
import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from i2i.errors import InputError
from i2i.evaluation import plot_curves
from i2i.evaluation.curves import _panels, _short, _smoothed, read_curves

LOSSES = "images_seen,seconds,discriminator.real,discriminator.fake,generator.l1,lr.generator,images_per_second\n"


@pytest.fixture
def losses(tmp_path: Path) -> Path:
    file = tmp_path / "losses.csv"
    lines = [f"{i * 4},{i},{0.7 - i / 4000},{0.6},{1 / (1 + i)},0.0002,{40 + i % 3}" for i in range(1, 1200)]
    file.write_text(LOSSES + "\n".join(lines) + "\n4800,12")  # the last line is cut short
    return file


@pytest.fixture
def validation(tmp_path: Path) -> Path:
    file = tmp_path / "validation.csv"
    file.write_text("images_seen,psnr,l1,sliced_wasserstein,mine\n100,20,9,0.5,1\n200,22,8,nan,1\n300,21,9,0.4,2\n")
    return file


def _size(picture: bytes) -> tuple[int, int]:
    return Image.open(io.BytesIO(picture)).size


def test_the_curves_are_a_picture_with_as_many_columns_as_asked(losses: Path, validation: Path) -> None:
    wide, narrow = plot_curves(losses, validation), plot_curves(losses, columns=1)
    assert _size(wide)[0] == 3 * _size(narrow)[0]
    assert _size(narrow)[1] > _size(narrow)[0]


def test_dark_paper_is_dark(losses: Path) -> None:
    corners = [
        Image.open(io.BytesIO(plot_curves(losses, dark=dark))).convert("L").getpixel((2, 2)) for dark in (False, True)
    ]
    assert corners[0] > 240
    assert corners[1] < 50


def test_terms_that_are_read_together_share_a_panel(losses: Path, validation: Path) -> None:
    panels = {panel.title: list(panel.lines) for panel in _panels(losses, validation)}
    assert panels == {
        "val. PSNR, dB ↑": ["psnr"],
        "val. L1, grey levels ↓": ["l1"],
        "val. Sliced Wasserstein ↓": ["sliced_wasserstein"],
        "val. mine": ["mine"],
        "discriminator": ["real", "fake"],
        "generator: l1": ["generator.l1"],
        "learning rate": ["generator"],
        "images per second": ["images_per_second"],
    }


def test_the_curves_alone_of_a_validation_can_be_drawn(validation: Path) -> None:
    assert plot_curves(None, validation).startswith(b"\x89PNG")


def test_a_line_cut_short_and_numbers_that_are_none_do_no_harm(tmp_path: Path, losses: Path) -> None:
    assert len(read_curves(losses)["images_seen"]) == 1199
    broken = tmp_path / "broken.csv"
    broken.write_text("images_seen,generator.l1,generator.gan\n1,nan,inf\n2,,3\n3,5,\n4,oops,4\n")
    columns = read_curves(broken)
    assert [math.isfinite(value) for value in columns["generator.l1"]] == [False, False, True, False]
    assert plot_curves(broken).startswith(b"\x89PNG")


@pytest.mark.parametrize("text", ["", "step,loss\n1,2\n", "images_seen,generator.l1\n"])
def test_a_file_without_curves_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "losses.csv"
    file.write_text(text)
    with pytest.raises(InputError, match=r"losses\.csv: (has no column 'images_seen'|holds no numbers yet)"):
        plot_curves(file)


def test_a_missing_file_is_refused_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"absent\.csv: can't be read"):
        plot_curves(tmp_path / "absent.csv")


def test_smoothing_keeps_the_level_and_skips_gaps() -> None:
    values = np.where(np.arange(100) % 10 == 3, np.nan, 2.0)
    smooth = _smoothed(values)
    assert np.isnan(smooth[3])
    assert smooth[np.isfinite(smooth)] == pytest.approx(2.0)
    assert _smoothed(np.array([1.0, 5.0])).tolist() == [1.0, 5.0]


def test_ticks_are_short() -> None:
    assert [_short(value) for value in (0, 0.0002, 1500, 20_000, 2_500_000)] == ["0", "0.0002", "1.5k", "20k", "2.5M"]
