"""Which names a hub has, and that none leads out of its cache."""

import pytest

from i2i.errors import HubError
from i2i.hub import HubName, is_hub_name, size_text


def test_a_name_has_an_owner_and_maybe_a_revision():
    assert HubName.read("hub:ada/boxes-v1.5") == HubName("ada/boxes-v1.5")
    assert HubName.read("ada/boxes") == HubName("ada/boxes")
    assert HubName.read("hub:ada/boxes@refs/pr/1") == HubName("ada/boxes", "refs/pr/1")
    assert HubName.read("hub:ada\\boxes@v1") == HubName("ada/boxes", "v1")
    assert str(HubName("ada/boxes", "v1")) == "hub:ada/boxes@v1"
    assert HubName("ada/boxes").name == "boxes"


@pytest.mark.parametrize(
    "text",
    [
        "hub:", "hub:ada", "hub:/boxes", "hub:ada/", "hub:ada/bo/xes", "hub:../boxes", "hub:ada/..", "hub:ada/bo--xes",
        "hub:ada/.boxes", "hub:ada/boxes.", "hub:ada/boxes.git", "hub:ada/bo xes", "hub:ada/boxes@", "hub:a@b/c",
        "hub:ada/boxes@../main", "hub:ada/boxes@/etc", "hub:ada/boxes@-x", "hub:ada/boxes@a..b", "hub:ada/bøxes",
        "hub:ada/boxes\n", "hub:ada/" + "x" * 97, "https://hub/ada/boxes",
    ],
)  # fmt: skip
def test_what_is_no_name_is_refused(text):
    with pytest.raises(HubError, match="is no name on a hub; expected hub:OWNER/NAME"):
        HubName.read(text)


def test_a_folder_is_never_taken_for_a_name():
    assert is_hub_name("hub:ada/boxes")
    assert not any(map(is_hub_name, ("hub", "hub/ada", "./hub:ada/boxes", "/tmp/hub:ada/boxes", "ada/boxes")))


def test_sizes_are_read_as_people_do():
    counts = (0, 999, 1000, 3400, 99_949, 217_000_000, 999_499_999, 999_999_999, 5 * 10**12)
    assert [size_text(count) for count in counts] == [
        "0 B", "999 B", "1.0 kB", "3.4 kB", "100 kB", "217 MB", "999 MB", "1.0 GB", "5.0 TB",
    ]  # fmt: skip
