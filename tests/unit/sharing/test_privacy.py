"""Folders of the machine become names, and nothing else is touched."""

import pytest

from i2i.sharing.privacy import last_part, retold, without_places


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/home/ada/acme/pairs", "pairs"), ("/home/ada/acme/pairs/", "pairs"), ("../../acme/pairs", "pairs"),
        ("C:\\Users\\Ada\\pairs", "pairs"), ("C:/Users/Ada/pairs.csv", "pairs.csv"), ("\\\\nas\\acme\\pairs", "pairs"),
        ("~/acme/pairs", "pairs"), ("pairs", "pairs"), ("..", "unnamed"), ("/", "unnamed"), ("C:\\", "unnamed"),
    ],
)  # fmt: skip
def test_a_path_is_its_last_part(path, name):
    assert last_part(path) == name
    record, shortened = without_places({"data": {"pairs": path}})
    assert record == {"data": {"pairs": name}}
    assert shortened == ({} if path == name else {path: name})


def test_paths_are_found_wherever_they_stand():
    tree = {
        "x": ["/home/ada/a", {"y": "C:\\Users\\Ada\\b", "z": "~ada/c", "w": "file:///home/ada/d"}],
        "n": 1,
        "f": None,
    }
    record, shortened = without_places(tree)
    assert record == {"x": ["a", {"y": "b", "z": "c", "w": "d"}], "n": 1, "f": None}
    assert len(shortened) == 4


def test_what_is_no_path_stays():
    tree = {
        "data": {"direction": "a/b-to-c", "group": r"^(\w+)/", "layout": "folders", "pairs": ""},
        "distill": {"teacher": "hub:ada/large@v1"},
        "why": "1/2 of it, and/or more", "unit": "/", "rate": 0.5,
    }  # fmt: skip
    assert without_places(tree) == (tree, {})


def test_a_text_speaks_of_the_names_too():
    shortened = {"/home/ada/acme": "acme", "/home/ada/acme/pairs": "pairs", "../t": "t"}
    told = retold("of `/home/ada/acme/pairs`, /home/ada/acme. `../t`, but /home/ada/acme-b and x../t", shortened)
    assert told == "of `pairs`, acme. `t`, but /home/ada/acme-b and x../t"
