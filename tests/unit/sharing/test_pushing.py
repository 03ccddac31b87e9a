"""What goes to a hub: all of a bundle, nothing of the machine, told before, and nothing of others overwritten."""

import json

import pytest
import yaml
from hub_stand_in import files_of, write_bundle
from huggingface_hub import constants

from i2i.bundle import find_bundle
from i2i.cards import parted
from i2i.errors import BundleError, HubError
from i2i.sharing import pack, pull_bundle, push, push_bundle

SENT = ["README.md", "config.json", "discriminator.safetensors", "examples/1.png", "examples/2.png"]
SENT += ["model.safetensors"]


def test_what_was_pushed_comes_back_to_the_bit(hub, bundle, tmp_path):
    pushed = push_bundle(bundle, "ada/boxes", message="first", licence="mit")
    assert pushed.created
    assert pushed.private
    pulled = pull_bundle("hub:ada/boxes", tmp_path / "pulled")
    here, there = files_of(bundle), files_of(pulled)
    assert sorted(there) == SENT
    same = [file for file in SENT if file.endswith((".safetensors", ".png"))]
    assert [there[file] for file in same] == [here[file] for file in same]
    ours, theirs = (json.loads(files["config.json"]) for files in (here, there))
    assert {**ours, "training": None} == {**theirs, "training": None}
    commit = hub.repositories["ada/boxes"].at("main")
    assert commit.message == "first"
    assert pushed.commit == commit.sha
    assert find_bundle("hub:ada/boxes").name == commit.sha


def test_a_new_repository_is_private_unless_that_is_declined(hub, bundle):
    push_bundle(bundle, "ada/boxes")
    assert not push_bundle(bundle, "hub:ada/open", private=False).private
    assert {name: each.private for name, each in hub.repositories.items()} == {"ada/boxes": True, "ada/open": False}


def test_a_push_never_changes_who_sees_it(hub, bundle):
    push_bundle(bundle, "ada/boxes", private=False)
    with pytest.raises(HubError, match=r"^hub:ada/boxes: is there and is public, which a push does not change"):
        push_bundle(bundle, "ada/boxes", private=True)
    assert len(hub.repositories["ada/boxes"].commits) == 2
    again = push_bundle(bundle, "ada/boxes")
    assert not again.created
    assert not again.private


def test_no_folder_of_this_machine_is_sent_and_that_is_told(hub, bundle):
    parcel = pack(bundle, "ada/boxes")
    told = "\n".join(parcel.describe())
    assert "/home/ada/clients/acme/facades is said as facades alone" in told
    push(parcel)
    sent = hub.repositories["ada/boxes"].at("main").files
    for file in ("config.json", "README.md"):
        assert b"acme" not in sent[file], file
        assert b"teachers" not in sent[file], file
    training = json.loads(sent["config.json"])["training"]
    assert training["data"]["pairs"] == "facades"
    assert training["distill"]["teacher"] == "bundle"
    assert "Distilled from `bundle`, on `facades`." in sent["README.md"].decode()
    assert b"acme" in (bundle / "config.json").read_bytes()  # what is here stays as it is


def test_all_that_is_sent_is_told_before(hub, bundle):
    lines = pack(bundle, "ada/boxes").describe()
    assert sorted(line.split("  ")[0] for line in lines if not line.startswith("note")) == SENT
    told = "\n".join(lines)
    assert "2 example images are of the held-out data; --examples off keeps them here" in told
    assert "config.json names the 2 pairs that were held out by a list" in told
    assert "no licence is named, so nobody may use it" in told
    assert "no licence" not in "\n".join(pack(bundle, "ada/boxes", licence="mit").describe())
    assert not hub.requests
    without = pack(bundle, "ada/boxes", examples=False)
    assert not [file for file in without.files if file.startswith("examples")]
    assert "example" not in "\n".join(without.describe())


def test_the_card_is_completed_and_keeps_what_it_says(hub, bundle):
    own = "---\ntags: [mine]\npipeline_tag: depth-estimation\nauthors: [ada]\n---\n\n# A card\n\nUse THIS_FOLDER.\n"
    (bundle / "README.md").write_text(own)
    push_bundle(bundle, "ada/boxes", licence="Acme House Licence")
    card = hub.repositories["ada/boxes"].at("main").files["README.md"].decode()
    metadata, body = parted(card)
    assert metadata["tags"] == ["mine", "image-to-image", "i2i"]
    assert (metadata["library_name"], metadata["pipeline_tag"]) == ("i2i", "depth-estimation")
    assert metadata["authors"] == ["ada"]
    assert (metadata["license"], metadata["license_name"]) == ("other", "acme-house-licence")
    assert "Use hub:ada/boxes." in body
    assert "## Licence\n\n`Acme House Licence`." in body
    assert yaml.safe_load(card.split("---\n")[1]) == metadata


def test_a_card_that_the_hub_refuses_is_one_line(hub, bundle):
    (bundle / "README.md").write_text("---\npipeline_tag: []\n---\n\n# A card\n")
    with pytest.raises(
        HubError, match=r'^hub:ada/boxes: is refused \(Invalid metadata in README.md. - "pipeline_tag" mus'
    ):
        push_bundle(bundle, "ada/boxes")


def test_the_scores_are_results_as_hubs_know_them(hub, bundle):
    from huggingface_hub import ModelCard

    push_bundle(bundle, "ada/boxes", licence="mit")
    card = ModelCard(hub.repositories["ada/boxes"].at("main").files["README.md"].decode())
    assert card.data.license == "mit"
    psnr, sliced = card.data.eval_results
    assert (psnr.metric_type, psnr.metric_value, psnr.metric_name) == ("psnr", 21.5, "PSNR, dB ↑")
    assert psnr.metric_args == {"interval": 0.95, "low": 20.25, "high": 22.75}
    assert (psnr.dataset_name, psnr.dataset_split, psnr.task_type) == ("facades", "held-out", "image-to-image")
    assert (sliced.metric_value, sliced.metric_args) == (0.5, None)
    assert card.data.model_name == "boxes"


def test_what_is_no_bundle_is_never_overwritten(hub, bundle):
    hub.publish("ada/bert", {"config.json": b'{"model_type": "bert"}', "model.safetensors": b"x"})
    hub.publish("ada/notes", {"README.md": b"my notes"})
    for name, reason in {"ada/bert": "holds no bundle known here", "ada/notes": "no bundle but README.md"}.items():
        with pytest.raises(HubError, match=rf"^hub:{name}: holds {reason}|^hub:{name}: {reason}"):
            push_bundle(bundle, name)
        assert len(hub.repositories[name].commits) == 1


def test_a_later_push_takes_out_what_the_bundle_no_longer_has_and_nothing_else(hub, bundle):
    push_bundle(bundle, "ada/boxes")
    repository = hub.repositories["ada/boxes"]
    repository.add({**repository.at("main").files, "LICENSE": b"mine", "logs/1.csv": b"mine", "int8.xml": b"old"})
    pushed = push_bundle(bundle, "ada/boxes", examples=False)
    assert sorted(pushed.removed) == ["examples/1.png", "examples/2.png", "int8.xml"]
    files = repository.at("main").files
    assert {"LICENSE", "logs/1.csv", "model.safetensors"} <= files.keys()
    assert not {"int8.xml", "examples/1.png"} & files.keys()


def test_a_graph_in_integers_goes_with_it(hub, bundle, tmp_path):
    for part in ("int8.json", "int8.xml", "int8.bin"):
        (bundle / part).write_text(f"{part} of /home/ada/clients/acme/facades")
    push_bundle(bundle, "ada/boxes")
    sent = files_of(pull_bundle("hub:ada/boxes", tmp_path / "pulled"))
    assert sent["int8.json"] == b"int8.json of facades"
    assert sent["int8.xml"] == (bundle / "int8.xml").read_bytes()


def test_both_directions_go_with_it(hub, tmp_path):
    both = write_bundle(tmp_path / "both", there_and_back=True)
    push_bundle(both, "ada/both")
    sent = files_of(pull_bundle("hub:ada/both", tmp_path / "pulled"))
    for file in ("reverse.safetensors", "reverse_discriminator.safetensors"):
        assert sent[file] == (both / file).read_bytes()
    (both / "reverse.safetensors").write_bytes(b"cut")
    with pytest.raises(BundleError, match=r"reverse.safetensors: is damaged"):
        pack(both, "ada/both")


def test_who_may_not_write_is_told_what_to_do(hub, bundle, monkeypatch):
    with pytest.raises(HubError, match=r"^hub:grace/boxes: the hub does not allow you that .*; use a token that may"):
        push_bundle(bundle, "grace/boxes")
    monkeypatch.delenv("HF_TOKEN")
    with pytest.raises(HubError, match=r"^hub:ada/boxes: the hub does not know you .*; sign in with 'hf auth login'"):
        push_bundle(bundle, "ada/boxes")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(HubError, match=r"HF_HUB_OFFLINE is set, so nothing can be sent"):
        push_bundle(bundle, "ada/boxes")
    assert not hub.repositories


def test_a_damaged_bundle_is_not_sent(hub, bundle):
    (bundle / "discriminator.safetensors").write_bytes(b"cut")
    with pytest.raises(BundleError, match="is damaged"):
        push_bundle(bundle, "ada/boxes")
    with pytest.raises(HubError, match="expected OWNER/NAME alone"):
        pack(bundle, "ada/boxes@v1")
    assert not hub.requests


def test_somebody_elses_commit_in_between_is_not_lost(hub, bundle, monkeypatch):
    push_bundle(bundle, "ada/boxes")
    repository, answered = hub.repositories["ada/boxes"], hub.at_commit

    def commit_first(name):
        repository.add({**repository.at("main").files, "LICENSE": b"theirs"})

    monkeypatch.setattr(hub, "at_commit", commit_first)
    with pytest.raises(HubError, match=r"somebody else changed it meanwhile .*; run it again"):
        push_bundle(bundle, "ada/boxes", licence="mit")
    assert repository.at("main").files["LICENSE"] == b"theirs"
    monkeypatch.setattr(hub, "at_commit", answered)
    push_bundle(bundle, "ada/boxes", licence="mit")
    assert repository.at("main").files["LICENSE"] == b"theirs"
