"""What several suites share."""

from pathlib import Path

import pytest
from tiny import write_side_by_side


@pytest.fixture(scope="session")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Side-by-side pairs: 10 to train on, 4 to test with."""
    root = tmp_path_factory.mktemp("pairs")
    write_side_by_side(root / "train", 10)
    write_side_by_side(root / "test", 4, first=100)
    return root
