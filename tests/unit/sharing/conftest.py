"""A hub on this machine on which ada may write, and a bundle that tells where it was made."""

import pytest
from hub_stand_in import client_of, serving, write_bundle

from i2i.config import Config, overlay, to_tree

PAIRS = "/home/ada/clients/acme/facades"


@pytest.fixture
def hub(tmp_path):
    """The stand-in, to which the client of this process talks, as ada."""
    with serving() as hub, client_of(hub, tmp_path / "cache", token="hf_ada"):
        yield hub


@pytest.fixture
def bundle(tmp_path):
    changes = {"data": {"pairs": PAIRS}, "distill": {"teacher": "../teachers/large/bundle"}}
    scores = {"psnr": {"mean": 21.5, "low": 20.25, "high": 22.75, "count": 40}, "sliced_wasserstein": {"mean": 0.5}}
    scores["sliced_wasserstein"] |= {"low": None, "high": None, "count": 40}
    folder = write_bundle(
        tmp_path / "run" / "bundle", training=to_tree(overlay(Config(), changes)), scores=scores, held_out=("1", "2")
    )
    card = (folder / "README.md").read_text()
    (folder / "README.md").write_text(card + f"\nDistilled from `../teachers/large/bundle`, on `{PAIRS}`.\n")
    return folder
