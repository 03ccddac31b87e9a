import errno

import pytest

from i2i.errors import StorageError
from i2i.files import append_text, replacing, write_text


def fail_half_way(stream, error):
    stream.write(b"aft")
    raise error


def test_a_write_that_fails_leaves_what_stood_there(tmp_path):
    file = tmp_path / "a.txt"
    write_text(file, "before")
    with pytest.raises(RuntimeError, match="half way"), replacing(file) as stream:
        fail_half_way(stream, RuntimeError("half way"))
    assert file.read_text() == "before"
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_a_full_disk_is_said_in_one_line(tmp_path):
    full = OSError(errno.ENOSPC, "No space left on device")
    with (
        pytest.raises(StorageError, match="the disk is full; what was saved before is untouched") as error,
        replacing(tmp_path / "a.bin") as stream,
    ):
        fail_half_way(stream, full)
    assert "\n" not in str(error.value)


def test_rows_are_added_and_a_failure_to_is_said(tmp_path):
    append_text(tmp_path / "a.csv", "1\r\n")
    append_text(tmp_path / "a.csv", "2\r\n")
    assert (tmp_path / "a.csv").read_bytes() == b"1\r\n2\r\n"
    with pytest.raises(StorageError, match="can't be written"):
        append_text(tmp_path / "nowhere" / "a.csv", "1")


def test_a_folder_that_is_a_file_is_said(tmp_path):
    (tmp_path / "a").write_text("")
    with pytest.raises(StorageError, match="can't be written"):
        write_text(tmp_path / "a" / "b.txt", "x")
