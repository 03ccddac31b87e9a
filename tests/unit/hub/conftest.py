"""A hub on this machine and a client with an empty cache."""

import pytest
from hub_stand_in import client_of, files_of, serving, write_bundle


@pytest.fixture
def hub(tmp_path):
    """The stand-in, to which the client of this process talks, as nobody."""
    with serving() as hub, client_of(hub, tmp_path / "cache"):
        yield hub


@pytest.fixture(scope="session")
def bundle(tmp_path_factory):
    return write_bundle(tmp_path_factory.mktemp("local") / "bundle")


@pytest.fixture
def published(hub, bundle):
    """The bundle as ada/boxes."""
    return hub.publish("ada/boxes", files_of(bundle))
