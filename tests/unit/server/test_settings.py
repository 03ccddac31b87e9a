import pytest

from i2i.errors import ConfigError, InputError
from i2i.server.settings import Settings, name_bundles, read_keys


def test_a_bundle_is_called_as_its_folder_or_as_one_says(tmp_path):
    (tmp_path / "a=b").mkdir()
    words = ["runs/facades", "runs/maps/bundle", "cat=runs/edges", "hub:owner/night@v2", f"{tmp_path}/x/"]
    assert name_bundles(words) == {
        "facades": "runs/facades", "maps": "runs/maps/bundle", "cat": "runs/edges", "night": "hub:owner/night@v2",
        "x": f"{tmp_path}/x/",
    }  # fmt: skip


@pytest.mark.parametrize("words", [["a/x", "b/x"], ["runs/my model"], ["runs/ä"], [".hidden"]])
def test_names_are_told_apart_and_fit_into_an_address(words):
    with pytest.raises(ConfigError, match="NAME="):
        name_bundles(words)
    assert set(name_bundles([f"m{number}={word}" for number, word in enumerate(words)])) == {
        f"m{number}" for number in range(len(words))
    }


def test_keys_come_from_a_file_and_from_the_environment(tmp_path, monkeypatch):
    monkeypatch.delenv("I2I_API_KEYS", raising=False)
    assert read_keys(None) == ()
    file = tmp_path / "keys"
    file.write_text("# for the lab\n0123456789abcdef\n\n fedcba9876543210 \n")
    monkeypatch.setenv("I2I_API_KEYS", "one-key-of-length, another-key-of-len")
    assert read_keys(file) == ("one-key-of-length", "another-key-of-len", "0123456789abcdef", "fedcba9876543210")
    file.write_text("# none\n")
    with pytest.raises(InputError, match="holds no key"):
        read_keys(file)
    with pytest.raises(InputError, match="can't be read"):
        read_keys(tmp_path / "none")


@pytest.mark.parametrize(
    "changes", [{"bundles": {}}, {"workers": 0}, {"queue": 0}, {"port": 70000}, {"keys": ("short",)}]
)
def test_what_can_not_be_is_refused(changes):
    with pytest.raises(ConfigError) as found:
        Settings(**{"bundles": {"a": "a"}, **changes})
    assert "short" not in str(found.value).split()


def test_the_cores_are_shared_out(monkeypatch):
    monkeypatch.setattr("i2i.server.settings._cores", lambda: 8)
    assert Settings({"a": "a"}).worker_threads == 8
    assert Settings({"a": "a"}, workers=3).worker_threads == 2
    assert Settings({"a": "a"}, workers=20).worker_threads == 1
    assert Settings({"a": "a"}, workers=2, threads=3).worker_threads == 3
