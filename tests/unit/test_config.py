import pytest

from i2i.config import Config, differences, from_tree, overlay, parse_settings, read_tree, to_tree, to_yaml
from i2i.errors import ConfigError
from i2i.methods.recipes import RECIPES


def test_a_configuration_survives_yaml(tmp_path):
    config = overlay(Config(), {"data": {"size": "128x256"}, "training": {"batch": 3}})
    (tmp_path / "c.yaml").write_text(to_yaml(config), encoding="utf-8")
    assert from_tree(read_tree(tmp_path / "c.yaml")) == config
    assert config.data.size == (128, 256)


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        ({"training": {"bach": 3}}, "unknown key 'training.bach'; did you mean 'training.batch'?"),
        ({"trainig": {"batch": 3}}, "unknown key 'trainig'; did you mean 'training'?"),
        ({"batch": 3}, "did you mean 'training.batch'?"),
        (
            {"optimizer": {"learning_rate": -1}},
            "optimizer.learning_rate = -1: input should be 'auto', or greater than or equal to 0",
        ),
        ({"training": {"batch": 0}}, "training.batch = 0: input should be greater than or equal to 1"),
        ({"data": {"size": "big"}}, "data.size = 'big': expected a side such as 256, or HEIGHTxWIDTH"),
        ({"training": {"precision": "fp16"}}, "fp16 is refused"),
        ({"training": 4}, "'training' is a group of settings"),
    ],
)
def test_a_mistake_in_a_configuration_is_named_with_its_cure(tree, expected):
    with pytest.raises(ConfigError) as error:
        overlay(Config(), tree, "my.yaml")
    assert expected in str(error.value)
    assert str(error.value).startswith("my.yaml: ")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "expected"), [("- a\n- b\n", "holds list"), ("a: [1\n", "is not valid YAML near line"), (None, "no such")]
)
def test_a_file_that_is_no_configuration_is_refused(tmp_path, text, expected):
    file = tmp_path / "c.yaml"
    if text is not None:
        file.write_text(text)
    with pytest.raises(ConfigError, match=expected):
        read_tree(file)


def test_settings_are_values_in_yaml_notation():
    tree = parse_settings(
        ["training.batch=4", "generator.dropout=[1, 2]", "data.mirror=false", "loss.adversarial=hinge"]
    )
    assert tree == {
        "training": {"batch": 4},
        "generator": {"dropout": [1, 2]},
        "data": {"mirror": False},
        "loss": {"adversarial": "hinge"},
    }
    with pytest.raises(ConfigError, match=r"expected group\.key=value"):
        parse_settings(["batch"])


def test_differences_name_each_setting_that_differs():
    other = overlay(Config(), {"training": {"batch": 4, "seed": 1}})
    assert differences(Config(), other) == {"training.batch": (1, 4), "training.seed": (0, 1)}


def test_every_recipe_is_a_whole_configuration():
    for name, recipe in RECIPES.items():
        config = recipe.config(name)
        assert config.recipe == name
        assert from_tree(to_tree(config)) == config
        assert recipe.differs
