"""A pulled bundle is an ordinary folder, whole or not there, and overwrites nothing."""

import pytest
from hub_stand_in import files_of

from i2i.bundle import load_bundle
from i2i.errors import BundleError, HubError, StorageError
from i2i.sharing import pull_bundle


def test_a_pulled_bundle_stands_by_itself(hub, bundle, tmp_path):
    hub.publish("ada/boxes", {**files_of(bundle), "run.py": b"boom"})
    (tmp_path / "empty").mkdir()
    for place in (tmp_path / "new" / "boxes", tmp_path / "empty"):
        folder = pull_bundle("hub:ada/boxes", place)
        assert folder == place
        assert files_of(folder) == files_of(bundle)
        assert not [path for path in folder.rglob("*") if path.is_symlink()]
        assert load_bundle(folder).path == place
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["boxes"]


def test_nothing_is_overwritten_and_nothing_half_is_left(hub, bundle, tmp_path, monkeypatch):
    hub.publish("ada/boxes", files_of(bundle))
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("precious")
    (tmp_path / "file").write_text("precious")
    for place in (tmp_path / "mine", tmp_path / "file"):
        with pytest.raises(StorageError, match="already holds"):
            pull_bundle("hub:ada/boxes", place)
    assert not hub.requests

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("i2i.sharing.pulling.shutil.copyfile", fail)
    with pytest.raises(StorageError, match="No space left"):
        pull_bundle("hub:ada/boxes", tmp_path / "new" / "boxes")
    assert list((tmp_path / "new").iterdir()) == []


def test_what_cannot_be_loaded_is_not_pulled(hub, bundle, tmp_path):
    hub.publish("ada/cut", {**files_of(bundle), "model.safetensors": b"cut"})
    hub.publish("ada/wild", {**files_of(bundle), "config.json": b'{"format": 2, "generator": {"name": "os.system"}}'})
    with pytest.raises(BundleError, match="damaged"):
        pull_bundle("hub:ada/cut", tmp_path / "cut")
    with pytest.raises(HubError, match=r"^hub:ada/wild: config.json: "):
        pull_bundle("hub:ada/wild", tmp_path / "wild")
    assert not (tmp_path / "cut").exists()
    assert not (tmp_path / "wild").exists()
