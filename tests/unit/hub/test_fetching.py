"""Bundles by name: fetched once, whole, from one commit, told before; and one line for what can go wrong."""

import json
import logging
import sys

import huggingface_hub
import pytest
from hub_stand_in import files_of
from huggingface_hub import constants
from tiny import draw_pair

from i2i.bundle import find_bundle, load_bundle
from i2i.errors import HubError, StorageError
from i2i.hub.client import transport_errors
from i2i.translator import load


def test_a_name_is_a_bundle_to_the_bit(hub, published, bundle):
    folder = find_bundle("hub:ada/boxes")
    assert files_of(folder) == files_of(bundle)
    given = draw_pair(5)[0]
    assert (load("hub:ada/boxes", device="cpu")(given) == load(bundle, device="cpu")(given)).all()


def test_a_path_of_any_system_is_the_name_that_it_was(hub, published):
    from pathlib import Path, PureWindowsPath

    assert load_bundle(Path("hub:ada/boxes")).path == load_bundle(PureWindowsPath("hub:ada/boxes")).path


def test_what_is_fetched_is_told_before_and_fetched_once(hub, published, caplog):
    caplog.set_level(logging.INFO, logger="i2i")
    find_bundle("hub:ada/boxes")
    told = [record.getMessage() for record in caplog.records if "fetching" in record.getMessage()]
    assert len(told) == 1
    assert "model.safetensors" in told[0]
    assert "kB, of commit" in told[0]
    gets = [path for path in hub.paths("GET") if "/resolve/" in path]
    find_bundle("hub:ada/boxes")
    assert [path for path in hub.paths("GET") if "/resolve/" in path] == gets
    assert len([record for record in caplog.records if "fetching" in record.getMessage()]) == 1


def test_only_what_belongs_to_a_bundle_is_fetched(hub, bundle):
    strange = {"run.py": b"boom", "pytorch_model.bin": b"x", "examples/deep/er.png": b"x", "examples/.hidden": b"x"}
    strange |= {"..\\..\\evil.png": b"x", "examples/..\\evil.png": b"x", "logs/1.png": b"x"}
    hub.publish("ada/boxes", {**files_of(bundle), **strange})
    assert files_of(find_bundle("hub:ada/boxes")) == files_of(bundle)


def test_a_revision_is_a_branch_a_tag_or_a_commit(hub, published, bundle):
    first = published.commits[0]
    published.tags["v1"] = first.sha
    published.add({**first.files, "README.md": b"# newer\n"})
    assert (find_bundle("hub:ada/boxes") / "README.md").read_text() == "# newer\n"
    old = (bundle / "README.md").read_text()
    for revision in ("v1", first.sha, first.sha[:8]):
        assert (find_bundle(f"hub:ada/boxes@{revision}") / "README.md").read_text() == old
    with pytest.raises(HubError, match=r"hub:ada/boxes@v2: the repository has no revision 'v2'"):
        find_bundle("hub:ada/boxes@v2")


def test_a_download_that_breaks_goes_on_where_it_broke(hub, published, bundle, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 1000)
    hub.break_after = 5000
    folder = find_bundle("hub:ada/boxes")
    assert files_of(folder) == files_of(bundle)
    assert "bytes=5000-" in [extent for method, _, extent in hub.requests if method == "GET"]


@pytest.mark.parametrize(("breaks", "arrives"), [(3, True), (4, False)])
def test_a_transfer_that_breaks_is_tried_again_and_not_for_ever(hub, published, bundle, monkeypatch, breaks, arrives):
    left, download = [breaks], huggingface_hub.hf_hub_download

    def break_off(repository, file, revision):
        if file == "model.safetensors" and left[0]:
            left[0] -= 1
            raise transport_errors()[0]("cut off")
        return download(repository, file, revision=revision)

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", break_off)
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    if arrives:
        assert files_of(find_bundle("hub:ada/boxes")) == files_of(bundle)
    else:
        with pytest.raises(HubError, match=r"^hub:ada/boxes: the hub can't be reached \(cut off\); try again when"):
            find_bundle("hub:ada/boxes")
    assert left == [0]


def test_what_was_fetched_before_a_break_is_not_fetched_again(hub, published, bundle, monkeypatch):
    whole = published.commits[0].files["model.safetensors"]
    published.commits[0].files["model.safetensors"] = whole[:-1]  # other than what the hub announced
    monkeypatch.setattr("hub_stand_in.Hub.size_of", lambda self, content: len(whole) if content == whole[:-1] else None)
    with pytest.raises(
        HubError, match=r"^hub:ada/boxes: the transfer failed \(Consistency check failed.*run it again$"
    ):
        find_bundle("hub:ada/boxes")
    published.commits[0].files["model.safetensors"] = whole
    hub.requests.clear()
    assert files_of(find_bundle("hub:ada/boxes")) == files_of(bundle)
    fetched = [path.rpartition("/")[2] for path in hub.paths("GET") if "/resolve/" in path]
    assert "discriminator.safetensors" not in fetched
    assert "model.safetensors" in fetched


def test_without_a_network_what_was_fetched_is_used(hub, published, bundle, caplog):
    find_bundle("hub:ada/boxes")
    hub.down = True
    assert files_of(find_bundle("hub:ada/boxes")) == files_of(bundle)
    assert "using commit" in caplog.text
    with pytest.raises(HubError, match=r"can't be reached.*it was not fetched before"):
        find_bundle("hub:ada/other")
    with pytest.raises(HubError, match=r"the cache has other revisions of it: \w{8} \(main\)"):
        find_bundle("hub:ada/boxes@v1")


def test_a_hub_that_is_not_there_is_one_line(hub, monkeypatch):
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")  # where nobody listens
    with pytest.raises(HubError, match=r"^hub:ada/boxes: the hub can't be reached: .*; fetch it while there is a net"):
        find_bundle("hub:ada/boxes")


def test_offline_nothing_is_asked(hub, published, monkeypatch):
    folder = find_bundle("hub:ada/boxes")
    asked = len(hub.requests)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert find_bundle("hub:ada/boxes") == folder
    assert find_bundle(f"hub:ada/boxes@{folder.name}") == folder
    with pytest.raises(HubError, match="HF_HUB_OFFLINE is set, and it was not fetched before"):
        find_bundle("hub:ada/other")
    (folder / "model.safetensors").unlink()
    with pytest.raises(HubError, match=r"HF_HUB_OFFLINE is set, and model.safetensors was not fetched"):
        find_bundle("hub:ada/boxes")
    assert len(hub.requests) == asked


def test_a_snapshot_folder_is_a_bundle_without_the_client(hub, published, monkeypatch):
    folder = find_bundle("hub:ada/boxes")
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    assert load_bundle(folder).path == folder


def test_who_may_not_see_it_is_told_what_to_do(hub, bundle, monkeypatch):
    hub.publish("ada/secret", files_of(bundle), private=True)
    hub.publish("ada/gate", files_of(bundle), gated=True)
    for name in ("hub:ada/secret", "hub:ada/nothing"):
        with pytest.raises(HubError, match=rf"^{name}: no such repository, or a private one; .* set HF_TOKEN$"):
            find_bundle(name)
    with pytest.raises(HubError, match="open to those alone whom its owner let in; ask on its page"):
        find_bundle("hub:ada/gate")
    monkeypatch.setenv("HF_TOKEN", "hf_wrong")
    with pytest.raises(HubError, match="the hub does not know you"):
        find_bundle("hub:ada/secret")
    monkeypatch.setenv("HF_TOKEN", "hf_ada")
    assert files_of(find_bundle("hub:ada/secret")) == files_of(bundle)


def test_what_is_no_bundle_is_refused_before_its_weights_are_fetched(hub, bundle):
    hub.publish("ada/text", {"config.json": b'{"model_type": "bert"}', "model.safetensors": b"x" * 9999})
    hub.publish("ada/empty", {"pytorch_model.bin": b"x"})
    newer = json.dumps({**json.loads((bundle / "config.json").read_text()), "format": 99}).encode()
    hub.publish("ada/newer", {**files_of(bundle), "config.json": newer})
    with pytest.raises(HubError, match=r"^hub:ada/text: config.json: says no format version.*is this an i2i bundle"):
        find_bundle("hub:ada/text")
    with pytest.raises(HubError, match=r"has no config.json and no model.safetensors, but .gitattributes, pytorch_m"):
        find_bundle("hub:ada/empty")
    with pytest.raises(HubError, match=r"^hub:ada/newer: config.json: has format 99.*upgrade i2i"):
        find_bundle("hub:ada/newer")
    assert not [path for path in hub.paths("GET") if path.endswith("model.safetensors")]


def test_what_is_too_large_is_refused_before_anything_is_fetched(hub, published, monkeypatch):
    monkeypatch.setattr("i2i.hub.fetching.LIMIT", 1000)
    with pytest.raises(HubError, match=r"at most 200 files, 1.0 kB.* are fetched; download it by hand"):
        find_bundle("hub:ada/boxes")
    assert not [path for path in hub.paths("GET") if "/resolve/" in path]


def test_a_cache_that_cannot_be_written_is_one_line(hub, published, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "file" / "hub"))
    with pytest.raises((HubError, StorageError)) as raised:
        find_bundle("hub:ada/boxes")
    assert "\n" not in str(raised.value)


def test_without_the_extra_its_name_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(HubError, match=r"huggingface_hub is not installed .*; pip install 'i2i\[hub\]'"):
        find_bundle("hub:ada/boxes")


def test_the_client_reports_nothing_of_its_user(hub, published):
    find_bundle("hub:ada/boxes")
    assert all("hf_" not in path and "agent" not in path and "telemetry" not in path for _, path, _ in hub.requests)
    agents = {headers["user-agent"] for headers in hub.headers}
    assert not any("torch" in agent for agent in agents), agents
