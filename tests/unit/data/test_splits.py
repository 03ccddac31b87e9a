"""No group leaks from what is trained on into what is held out."""

from pathlib import Path

import pytest

from i2i.data.layouts import Pair, Side, find_pairs
from i2i.data.splits import HoldOut, hold_out, read_names
from i2i.errors import ConfigError, PairsError
from i2i.images import write_image

SIDE = Side(Path("x.png"))
PATIENTS = [Pair(f"patient{number % 6}_{number}", SIDE, SIDE) for number in range(30)]


def groups(pairs):
    return {pair.name.split("_")[0] for pair in pairs}


@pytest.mark.parametrize("pattern", ["^([^_]+)_", "^patient[0-9]+"])
@pytest.mark.parametrize("seed", range(5))
def test_a_group_is_never_parted(pattern, seed):
    kept, held = hold_out(PATIENTS, HoldOut(0.3, seed, group=pattern))
    assert not groups(kept) & groups(held)
    assert (len(groups(kept)), len(groups(held))) == (4, 2)
    assert len(kept) + len(held) == 30


def test_other_seeds_hold_out_other_groups():
    chosen = {frozenset(groups(hold_out(PATIENTS, HoldOut(0.2, seed, "^[^_]+"))[1])) for seed in range(8)}
    assert len(chosen) > 2


def test_a_manifest_column_is_a_group(tmp_path):
    import numpy as np

    for number in range(6):
        write_image(tmp_path / f"{number}.png", np.zeros((4, 4, 1), np.uint8))
    rows = [
        "input,target,building",
        *(f"{number}.png,{number}.png,{'north' if number < 4 else 'south'}" for number in range(6)),
    ]
    (tmp_path / "manifest.csv").write_text("\n".join(rows))
    pairs = find_pairs(tmp_path).splits["train"]
    kept, held = hold_out(pairs, HoldOut(0.5, group="building"))
    assert {pair.columns["building"] for pair in held} ^ {pair.columns["building"] for pair in kept} == {
        "north",
        "south",
    }


def test_groups_that_can_not_be_told_are_refused():
    with pytest.raises(ConfigError, match="matches nothing in patient0_0"):
        hold_out(PATIENTS, HoldOut(0.2, group="scene"))
    with pytest.raises(ConfigError, match="no valid pattern"):
        hold_out(PATIENTS, HoldOut(0.2, group="("))
    with pytest.raises(PairsError, match="all 30 pairs are of one group"):
        hold_out(PATIENTS, HoldOut(0.2, group="patient"))


def test_a_list_says_just_what_is_held_out(tmp_path):
    (tmp_path / "list.txt").write_text("# the second ward\npatient1_1\n\npatient2_2.png\n")
    names = read_names(tmp_path / "list.txt")
    kept, held = hold_out(PATIENTS, HoldOut(0.5, names=names))
    assert [pair.name for pair in held] == ["patient1_1", "patient2_2"]
    assert len(kept) == 28


def test_a_list_that_is_wrong_is_refused(tmp_path):
    with pytest.raises(PairsError, match="names nobody, of which there is no training pair"):
        hold_out(PATIENTS, HoldOut(names=("nobody",)))
    with pytest.raises(PairsError, match="nothing is left to train on"):
        hold_out(PATIENTS[:1], HoldOut(names=(PATIENTS[0].name,)))
    (tmp_path / "empty.txt").write_text("# none\n")
    with pytest.raises(ConfigError, match="names no pair"):
        read_names(tmp_path / "empty.txt")
    with pytest.raises(ConfigError, match="no such list"):
        read_names(tmp_path / "none.txt")
