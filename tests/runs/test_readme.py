"""The README is true: its commands run, in its order, and its links and scripts are there."""

import os
import re
import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest

from i2i.config import Config, overlay, parse_settings
from i2i.data.sketches import write_pairs
from i2i.images import read_image

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CHECKPOINT = ROOT / "tests" / "parity" / "fixtures" / "unet_128_batch.pth"


def fences(language: str) -> list[str]:
    """What stands between ```language and ```."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


def commands(language: str) -> list[str]:
    """The lines of these fences, without comments."""
    lines = (line.strip() for fence in fences(language) for line in fence.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


@pytest.fixture(scope="module")
def newcomer(tmp_path_factory):
    """A folder in which the commands run as in a newcomer's shell; returns the environment too."""
    folder = tmp_path_factory.mktemp("newcomer")
    shutil.copy(CHECKPOINT, folder / "latest_net_G.pth")
    path = os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]])
    return folder, {**os.environ, "PATH": path, "OMP_NUM_THREADS": "1", "COLUMNS": "120"}


def run(command: str, newcomer) -> subprocess.CompletedProcess[str]:
    folder, environment = newcomer
    return subprocess.run(["bash", "-c", command], cwd=folder, env=environment, capture_output=True, text=True)


def test_every_command_of_the_readme_runs(newcomer):
    assert commands("bash")
    for command in commands("bash"):
        done = run(command, newcomer)
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    folder, _ = newcomer
    for file in ("run/bundle/model.safetensors", "report/report.html", "noisy.3.png", "imported/config.json", "run.pt"):
        assert (folder / file).is_file(), file


def test_the_python_of_the_readme_runs(tmp_path, monkeypatch):
    write_pairs(tmp_path / "pairs", 40, size=(32, 32))  # what its first command leaves
    monkeypatch.chdir(tmp_path)
    assert fences("python")
    for code in fences("python"):
        exec(compile(code, "README.md", "exec"), {})
    assert read_image("drawing.png").shape == (32, 32, 1)
    assert Path("report-python/report.html").is_file()


def test_every_script_that_the_readme_names_can_be_run():
    named = set(re.findall(r"^(scripts/\w+)", "\n".join(commands("sh")), re.MULTILINE))
    assert {"scripts/demo", "scripts/test", "scripts/check"} <= named
    for script in named:
        assert os.access(ROOT / script, os.X_OK), script


def test_every_link_within_the_repository_leads_somewhere():
    for page in (ROOT / "README.md", ROOT / "ARCHITECTURE.md", *(ROOT / "docs").rglob("*.md")):
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_every_flag_and_setting_that_the_pages_name_exists(newcomer):
    helps: dict[str, str] = {}
    for line in commands("sh"):
        for flag in re.findall(r"(?<=\s)--[a-z-]+", line) if line.startswith("i2i") else ():
            name = line.split()[1]
            helps[name] = helps.get(name) or run(f"i2i {name} --help", newcomer).stdout
            assert flag in helps[name], line
    pages = [README, *(page.read_text(encoding="utf-8") for page in (ROOT / "docs").glob("*.md"))]
    for setting in {found for page in pages for found in re.findall(r"--set (?!group\.key)([a-z_.]+=[\w.]+)", page)}:
        overlay(Config(), parse_settings([setting]))
