import numpy as np
import pytest

from i2i.evaluation import contact_sheet
from i2i.evaluation.sheet import BACKGROUND

TITLES = ["input", "output", "target"]


def _flat(height: int, width: int, value: int, channels: int = 3) -> np.ndarray:
    return np.full((height, width, channels), value, np.uint8)


def _columns_of(sheet: np.ndarray, value: int) -> tuple[int, int, int, int]:
    """Top, left, height and width of the rectangle of a grey value."""
    rows, columns = np.nonzero((sheet == value).all(axis=2))
    return rows.min(), columns.min(), int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1


def test_images_stand_side_by_side_pixel_by_pixel() -> None:
    sheet = contact_sheet([[_flat(64, 64, 11), _flat(64, 64, 22, 1), _flat(64, 64, 33)]], TITLES)
    places = [_columns_of(sheet, value) for value in (11, 22, 33)]
    assert {place[0] for place in places} == {places[0][0]}
    assert all(place[2:] == (64, 64) for place in places)
    assert places[0][1] + 64 < places[1][1] < places[1][1] + 64 < places[2][1]


def test_rows_and_columns_fit_their_largest_image() -> None:
    sheet = contact_sheet([[_flat(40, 80, 11), _flat(30, 20, 22)], [_flat(10, 10, 33), _flat(64, 50, 44)]], ["a", "b"])
    assert _columns_of(sheet, 22)[1] == _columns_of(sheet, 44)[1] > 80
    assert _columns_of(sheet, 33)[0] == _columns_of(sheet, 44)[0] > 40


@pytest.mark.parametrize(
    ("side", "titles"), [(32, TITLES), (64, TITLES), (256, TITLES), (128, ["mean of the training targets"] * 3)]
)
def test_titles_are_drawn_above_their_column_and_inside_it(side: int, titles: list[str]) -> None:
    sheet = contact_sheet([[_flat(side, side, value) for value in (11, 22, 33)]], titles)
    top = _columns_of(sheet, 11)[0]
    ink = (sheet[:top] < 128).all(axis=2)
    for value in (11, 22, 33):
        left = _columns_of(sheet, value)[1]
        assert ink[:, left : left + side].sum() > 10
    between = np.ones(sheet.shape[1], bool)
    for value in (11, 22, 33):
        left = _columns_of(sheet, value)[1]
        between[left : left + side] = False
    assert not ink[:, between].any()
    assert (sheet[-1] == BACKGROUND).all()


def test_rows_must_match_the_titles() -> None:
    with pytest.raises(ValueError, match="expected rows of 3 images"):
        contact_sheet([[_flat(8, 8, 0)]], TITLES)
    with pytest.raises(ValueError, match="expected rows of 3 images"):
        contact_sheet([], TITLES)
