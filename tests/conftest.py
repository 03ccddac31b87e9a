"""What several suites share."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tiny import write_side_by_side

from i2i.cli import main


@pytest.fixture(scope="session")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Side-by-side pairs: 10 to train on, 4 to test with."""
    root = tmp_path_factory.mktemp("pairs")
    write_side_by_side(root / "train", 10)
    write_side_by_side(root / "test", 4, first=100)
    return root


@pytest.fixture
def i2i(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run a command in this process: (status, stdout, stderr)."""

    def call(*arguments: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as left:
            main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return int(left.value.code or 0), out, err

    return call
