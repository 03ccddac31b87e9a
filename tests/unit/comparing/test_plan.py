import json
from pathlib import Path

import pytest
from tiny import SIDE, TINY, draw_pair, write_side_by_side

from i2i.comparing import planning
from i2i.comparing.budget import Budget
from i2i.comparing.entries import read_entries
from i2i.comparing.plan import Outcome
from i2i.comparing.planning import make_plan
from i2i.comparing.work import Work
from i2i.errors import ConfigError, MissingWeightsError, PairsError, RunError
from i2i.images import write_image

BUDGET = Budget(20, "images")
COMMON = {
    **{group: settings for group, settings in TINY.items() if group not in ("training", "data")},
    "data": {"size": [SIDE, SIDE]},
    "training": {"batch": 2, "loggers": []},
}


@pytest.fixture(autouse=True)
def tried(monkeypatch):
    """The labels' worth of work, without doing any: cyclegan's is five times the others'."""
    calls = []

    def work_of(config, *rest):
        calls.append(config.recipe)
        return Work(5e6 if config.recipe == "cyclegan" else 1e6, 10.0)

    monkeypatch.setattr(planning, "work_of", work_of)
    return calls


def plan(pairs, to, methods, budget=BUDGET, seeds=(0,), split="auto", settings=(), **flags):
    flags = {"pairs": str(pairs), **flags}
    return make_plan(read_entries([methods], flags, COMMON, settings), budget, seeds, to, split)


def write_checkpoint(run):
    run.mkdir(parents=True)
    (run / "checkpoint.pt").write_bytes(b"learnt")
    return run / "checkpoint.pt"


def test_a_method_that_can_not_learn_from_these_pairs_is_left_out_with_the_reason(pairs, tmp_path):
    made = plan(pairs, tmp_path / "c", "pix2pix,spade+loss.perceptual_weight=0")
    first, second = made.methods
    assert (first.images, first.refused) == (20, "")
    assert second.images == 0
    assert "paints label maps" in second.reason
    assert [planned.entry.label for planned, _ in made.trainings()] == ["pix2pix"]


def test_settings_that_contradict_each_other_are_refused_for_all_methods_at_once(pairs, tmp_path):
    with pytest.raises(ConfigError) as caught:
        plan(pairs, tmp_path / "c", "pix2pix,pix2pix+loss.adversarial=wasserstein,cyclegan+loss.reconstruction=l1")
    message = str(caught.value)
    assert "pix2pix+loss.adversarial=wasserstein: loss.adversarial is 'wasserstein' without a bound" in message
    assert "cyclegan+loss.reconstruction=l1: loss.reconstruction: cyclegan has no target" in message
    assert not (tmp_path / "c").exists()


def test_weights_that_an_objective_needs_are_asked_for_before_anything_is_trained(pairs, tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "none"))
    monkeypatch.setenv("I2I_WEIGHTS", str(tmp_path))
    with pytest.raises(MissingWeightsError, match=r"^pix2pixhd: .*loss.perceptual_weight=0 trains without it"):
        plan(pairs, tmp_path / "c", "pix2pix,pix2pixhd")


def test_all_must_be_scored_on_the_same_pairs_at_one_size(pairs, tmp_path):
    with pytest.raises(
        ConfigError, match=r"data.size is \(16, 16\) for pix2pix\+data.size=16 and \(32, 32\) for pix2pix"
    ):
        plan(pairs, tmp_path / "c", "pix2pix,pix2pix+data.size=16")
    with pytest.raises(ConfigError, match=r"data.target: is 1 channel uint8 for .* and 3 channels uint8 for pix2pix"):
        plan(pairs, tmp_path / "c", "pix2pix,pix2pix+data.target.channels=1")


def test_pairs_that_are_not_there_are_an_error_and_no_row(tmp_path):
    with pytest.raises(PairsError, match="no such folder"):
        plan(tmp_path / "nowhere", tmp_path / "c", "pix2pix,cyclegan")


def test_a_budget_of_multiply_adds_gives_fewer_images_to_what_takes_more(pairs, tmp_path):
    made = plan(pairs, tmp_path / "c", "pix2pix,cyclegan", Budget(1e8, "multiply-adds"))
    assert [planned.images for planned in made.methods] == [100, 20]


def test_a_budget_in_time_follows_the_pace_that_was_tried(pairs, tmp_path):
    made = plan(pairs, tmp_path / "c", "pix2pix,pix2pix+batch=4", Budget(9, "seconds"))
    assert [planned.images for planned in made.methods] == [90, 88]
    assert made.config(made.methods[1], 0).training.images == 88


def test_all_are_validated_as_often_whatever_they_see(pairs, tmp_path):
    made = plan(pairs, tmp_path / "c", "pix2pix,cyclegan", Budget(1e9, "multiply-adds"))
    configs = [made.config(planned, seed) for planned, seed in made.trainings()]
    assert [(config.training.images, config.training.validate_every_images) for config in configs] == [
        (1000, 125),
        (200, 25),
    ]
    own = plan(pairs, tmp_path / "d", "pix2pix,cyclegan", settings=["training.validate_every_images=6"])
    assert own.config(own.methods[0], 0).training.validate_every_images == 6


def test_the_test_split_is_read_only_where_it_is_named(pairs, tmp_path):
    assert plan(pairs, tmp_path / "c", "pix2pix,cyclegan").split == "held-out"
    assert plan(pairs, tmp_path / "c", "pix2pix,cyclegan", split="test").split == "test"
    with pytest.raises(ConfigError, match="has no val split, only train, test"):
        plan(pairs, tmp_path / "c", "pix2pix,cyclegan", split="val")
    with pytest.raises(ConfigError, match=r"nothing is held out to compare on; .* --split test"):
        plan(pairs, tmp_path / "d", "pix2pix,cyclegan", settings=["data.validation=0"])


def test_a_validation_split_is_preferred(pairs, tmp_path):
    for split, first in (("train", 0), ("val", 50), ("test", 80)):
        write_side_by_side(tmp_path / "pairs" / split, 3, first=first)
    assert plan(tmp_path / "pairs", tmp_path / "c", "pix2pix,cyclegan").split == "val"
    with pytest.raises(ConfigError, match="holds nothing out"):
        plan(tmp_path / "pairs", tmp_path / "d", "pix2pix,cyclegan", split="held-out")


def test_what_was_settled_is_not_settled_again(pairs, tmp_path, tried):
    first = plan(pairs, tmp_path / "c", "pix2pix,cyclegan")
    assert tried == ["pix2pix", "cyclegan"]
    text = first.file.read_text()
    second = plan(pairs, tmp_path / "c", "pix2pix,cyclegan")
    assert tried == ["pix2pix", "cyclegan"]
    assert [planned.images for planned in second.methods] == [20, 20]
    assert second.file.read_text() == text


@pytest.mark.parametrize(
    ("methods", "changes", "difference"),
    [
        ("pix2pix,cut", {}, "the methods were pix2pix and cyclegan, are now pix2pix and cut"),
        ("pix2pix,cyclegan", {"budget": Budget(40, "images")}, "the budget was 20 images, is now 40 images"),
        ("pix2pix,cyclegan", {"seeds": (0, 1)}, r"the seeds were \[0\], are now \[0, 1\]"),
        ("pix2pix,cyclegan,cut", {"settings": ["optimizer.clip=1"]}, "optimizer.clip of pix2pix was 0.0, is now 1.0"),
        ("pix2pix,cyclegan", {"settings": ["optimizer.clip=1"]}, "optimizer.clip of pix2pix was 0.0, is now 1.0"),
    ],
)
def test_another_comparison_in_the_same_folder_is_refused_once_something_was_trained(
    pairs, tmp_path, methods, changes, difference
):
    made = plan(pairs, tmp_path / "c", "pix2pix,cyclegan")
    checkpoint = write_checkpoint(made.run(made.methods[0], 0))
    before = made.file.read_text()
    with pytest.raises(RunError, match=f"holds another comparison: {difference}; use the same command"):
        plan(pairs, tmp_path / "c", methods, **changes)
    assert (made.file.read_text(), checkpoint.read_bytes()) == (before, b"learnt")
    checkpoint.unlink()
    assert plan(pairs, tmp_path / "c", methods, **changes).methods[0].images, "nothing is lost"


def test_a_comparison_grows_by_methods_and_seeds_and_nothing_is_settled_or_trained_again(pairs, tmp_path, tried):
    made = plan(pairs, tmp_path / "c", "pix2pix,cyclegan", seeds=(0, 1))
    held_out = Path(made.held_out).read_text()
    for planned in made.methods:
        planned.outcomes = {seed: Outcome(20, 1.0, 2.0, done=True) for seed in made.seeds}
    made.save()
    for planned, seed in made.trainings():
        write_checkpoint(made.run(planned, seed))
    grown = plan(pairs, tmp_path / "c", "pix2pix,cut,cyclegan", seeds=(0, 1, 2))
    assert tried == ["pix2pix", "cyclegan", "cut"]
    assert [(planned.entry.label, planned.trained) for planned in grown.methods] == [
        ("pix2pix", [0, 1]),
        ("cut", []),
        ("cyclegan", [0, 1]),
    ]
    assert Path(grown.held_out).read_text() == held_out
    with pytest.raises(RunError, match=r"the seeds were \[0, 1, 2\], are now \[0, 1\]"):
        plan(pairs, tmp_path / "c", "pix2pix,cut,cyclegan", seeds=(0, 1))


def test_where_the_pairs_lie_and_where_it_runs_may_change(pairs, tmp_path):
    made = plan(pairs, tmp_path / "c", "pix2pix,cyclegan")
    write_checkpoint(made.run(made.methods[0], 0))
    (tmp_path / "moved").symlink_to(pairs)
    assert plan(tmp_path / "moved", tmp_path / "c", "pix2pix,cyclegan", device="cpu").methods[0].images == 20


def test_a_folder_of_other_things_is_left_alone(pairs, tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(RunError, match="is not empty and no comparison"):
        plan(pairs, tmp_path, "pix2pix,cyclegan")
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_damaged_plan_is_told(pairs, tmp_path):
    (tmp_path / "plan.json").write_text(json.dumps({"budget": {}}))
    with pytest.raises(RunError, match=r"plan.json: is damaged"):
        plan(pairs, tmp_path, "pix2pix,cyclegan")


def test_a_folder_a_side_is_read_as_pairs_by_all_where_they_are_pairs(tmp_path):
    for number in range(6):
        for side, image in zip("AB", draw_pair(number), strict=True):
            write_image(tmp_path / "pairs" / f"train{side}" / f"{number}.png", image)
    made = plan(tmp_path / "pairs", tmp_path / "c", "pix2pix,cyclegan")
    assert {planned.entry.config.data.layout for planned in made.methods} == {"folders"}
    assert all(planned.images for planned in made.methods)


def test_of_sets_without_partners_the_methods_that_need_pairs_are_left_out(tmp_path):
    for number in range(6):
        write_image(tmp_path / "sets" / "trainA" / f"a{number}.png", draw_pair(number)[0])
        write_image(tmp_path / "sets" / "trainB" / f"b{number}.png", draw_pair(100 + number)[0])
    settings = ["generator.blocks=1"]
    made = plan(tmp_path / "sets", tmp_path / "c", "cyclegan,pix2pix,cut", seeds=(0, 1), settings=settings)
    assert [bool(planned.images) for planned in made.methods] == [True, False, True]
    assert "pix2pix learns from pairs" in made.methods[1].reason
    names = (tmp_path / "c" / "held-out.txt").read_text().split()
    assert {name[0] for name in names} == {"a", "b"}


def test_several_seeds_share_what_is_held_out_and_one_is_as_i2i_train_has_it(pairs, tmp_path):
    assert plan(pairs, tmp_path / "one", "pix2pix,cyclegan").held_out == ""
    made = plan(pairs, tmp_path / "c", "pix2pix,cyclegan", seeds=(3, 4))
    configs = [made.config(planned, seed) for planned, seed in made.trainings()]
    assert [config.training.seed for config in configs] == [3, 3, 4, 4]
    assert {config.data.validation_list for config in configs} == {str(tmp_path / "c" / "held-out.txt")}
    assert len((tmp_path / "c" / "held-out.txt").read_text().split()) == 1
