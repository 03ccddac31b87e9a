import pytest
import yaml

from i2i.comparing.entries import read_entries
from i2i.errors import ConfigError

FLAGS = {"pairs": "pairs", "size": "64", "width": 8, "batch": 2}


def test_each_entry_is_its_recipe_with_what_is_said_of_all_and_then_its_own():
    plain, own = read_entries(
        ["pix2pix,pix2pix+loss.reconstruction_weight=10+generator.dropout=[1, 2]+width=32"],
        FLAGS,
        {"loss": {"reconstruction_weight": 50}},
        ["optimizer.clip=1"],
    )
    assert (plain.label, own.label) == (
        "pix2pix",
        "pix2pix+loss.reconstruction_weight=10+generator.dropout=[1, 2]+width=32",
    )
    assert (plain.config.loss.reconstruction_weight, own.config.loss.reconstruction_weight) == (50, 10)
    assert (plain.config.generator.width, own.config.generator.width, own.config.discriminator.width) == (8, 32, 32)
    assert own.config.generator.dropout == (1, 2)
    assert plain.config.optimizer.clip == own.config.optimizer.clip == 1
    assert own.config.data.size == own.plain.data.size == (64, 64)
    assert own.plain.generator.width == 64, "the recipe alone, on the same data"


def test_an_entry_may_be_a_file_and_is_called_by_its_name(tmp_path):
    file = tmp_path / "sharp.yaml"
    file.write_text(yaml.safe_dump({"recipe": "pix2pix-paper", "loss": {"r1_weight": 1.0}, "generator": {"width": 4}}))
    mine, _ = read_entries([str(file), "cut"], FLAGS)
    assert (mine.label, mine.config.recipe, mine.config.loss.r1_weight) == ("sharp", "pix2pix-paper", 1.0)
    assert mine.config.generator.width == 8, "what is said of all is laid over it"


def test_a_path_in_a_setting_is_no_part_of_the_label(tmp_path):
    entry, _ = read_entries([f"spade+data.input.classes={tmp_path / 'classes.csv'},pix2pix"], FLAGS)
    assert entry.label == "spade+data.input.classes=classes.csv"
    assert entry.config.data.input.classes == str(tmp_path / "classes.csv")


def test_labels_that_differ_have_folders_that_differ_and_are_fit_for_any_disk():
    entries = read_entries(["pix2pix", "pix2pix+generator.dropout=[1]", "pix2pix+generator.dropout=[ 1 ]"], FLAGS)
    folders = [entry.folder for entry in entries]
    assert folders[0] == "pix2pix"
    assert len(set(folders)) == 3
    assert all(set(folder) <= set("abcdefghijklmnopqrstuvwxyz0123456789.=_+-") for folder in folders[:1] + folders[1:])


def test_what_is_wrong_with_all_of_them_is_told_at_once_with_the_nearest_name():
    with pytest.raises(ConfigError) as caught:
        read_entries(["pix2pixx,cylegan,pix2pix+loss.reconstruction=l3,cut+heigth=3,pix2pix"], FLAGS)
    message = str(caught.value)
    assert "pix2pixx: no such recipe; did you mean 'pix2pix'?" in message
    assert "cylegan: no such recipe; did you mean 'cyclegan'?" in message
    assert "pix2pix+loss.reconstruction=l3: --set: loss.reconstruction = 'l3'" in message
    assert "cut+heigth=3: heigth: is no setting of a method" in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("methods", "settings", "message"),
    [
        (["pix2pix"], [], "a comparison needs two at least"),
        (["pix2pix, pix2pix"], [], "pix2pix: stands there twice"),
        (["pix2pix,cut"], ["training.images=100"], "training.images: the budget says how long"),
        (["pix2pix,cut+training.epochs=3"], [], "training.epochs: the budget says how long"),
        (["pix2pix,cut+training.seed=3"], [], "training.seed: is the same for all"),
        (["pix2pix,cut+generator.width"], [], r"cut\+generator.width: expected RECIPE\+group.key=value"),
        (["pix2pix,lost.yaml"], [], "lost.yaml: no such configuration file"),
    ],
)
def test_what_can_not_be_compared_is_refused(methods, settings, message):
    with pytest.raises(ConfigError, match=message):
        read_entries(methods, FLAGS, None, settings)


def test_a_length_in_a_file_for_all_is_refused_too():
    with pytest.raises(ConfigError, match=r"training\.epochs: the budget says how long"):
        read_entries(["pix2pix,cut"], FLAGS, {"training": {"epochs": 3}})
