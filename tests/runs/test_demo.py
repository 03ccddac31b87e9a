import pytest

from i2i.cli import demo as demo_command
from i2i.cli import main


def test_the_demo_leaves_its_report_and_a_translator(tmp_path, monkeypatch, capsys):
    import sys

    monkeypatch.setattr(sys.modules["i2i.cli.demo"], "PAIRS", 30)
    with pytest.raises(SystemExit) as left:
        main(["demo", "--to", str(tmp_path / "demo"), "--images", "8", "--device", "cpu"])
    assert not left.value.code
    out = capsys.readouterr().out
    for file in ("report/report.html", "report/contact_sheet.png"):
        assert (tmp_path / "demo" / file).is_file()
        assert str(tmp_path / "demo" / file) in out
    assert (tmp_path / "demo" / "run" / "bundle" / "model.safetensors").is_file()
    assert "copy the" in out
    assert callable(demo_command)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_demo_beats_every_baseline_clearly(tmp_path, capsys):
    with pytest.raises(SystemExit) as left:
        main(["demo", "--to", str(tmp_path / "demo")])
    assert not left.value.code
    out = " ".join(capsys.readouterr().out.split())
    verdict = out[out.index("clearly beats every baseline in") :]
    for measure in ("PSNR", "SSIM", "MS-SSIM", "L1"):
        assert measure in verdict.split("done in")[0]
