import csv
import io
import json
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from rich.console import Console
from torch import nn

from i2i.errors import ConfigError, InputError, MissingWeightsError
from i2i.evaluation import Evaluation, Sample, evaluate_samples
from i2i.evaluation.baselines import COPY, MEAN, NEIGHBOUR
from i2i.evaluation.instruments import choose_instruments
from i2i.evaluation.scoring import Scores
from i2i.images import ImageSpec, encode, spec_like
from i2i.metrics import LPIPS, PAIRED, CaffeSqueezeNet, PairedMeasure, SqueezeNet, lpips_heads, psnr, sliced_wasserstein
from i2i.pretrained.caffe import _caffe_name

from .conftest import crops, evaluated


def test_the_model_and_the_baselines_stand_in_one_table(evaluation: Evaluation) -> None:
    assert list(evaluation.rows) == ["i2i", COPY, MEAN, NEIGHBOUR]
    for row in evaluation.rows.values():
        assert list(row) == [*PAIRED, "checkerboard", "sliced_wasserstein"]
        for key in PAIRED:
            assert row[key].low <= row[key].mean <= row[key].high
    assert evaluation.best_row("psnr") == "i2i"


def test_per_image_values_are_those_of_the_measures(evaluation: Evaluation, samples: list[Sample]) -> None:
    targets = torch.stack([encode(sample.target, spec_like(sample.target)) for sample in samples])
    copies = torch.stack([encode(sample.input, spec_like(sample.input)).expand(3, -1, -1) for sample in samples])
    assert evaluation.per_image[COPY]["psnr"] == pytest.approx(psnr(copies, targets).tolist(), abs=1e-4)
    assert evaluation.rows[COPY]["psnr"].mean == pytest.approx(psnr(copies, targets).mean().item(), abs=1e-4)
    assert evaluation.names == [f"crop{index}" for index in range(9)]


def test_a_perfect_translator_has_perfect_scores(samples: list[Sample]) -> None:
    answers = {sample.name: sample.target for sample in samples}
    found = evaluate_samples(lambda pixels, name: answers[name], samples, protocol="", lpips=None, resamples=50)
    means = {key: interval.mean for key, interval in found.rows["i2i"].items()}
    expected = {
        "psnr": 100,
        "ssim": 1,
        "ms_ssim": 1,
        "l1": 0,
        "sharpness": 0,
        "checkerboard": 0,
        "sliced_wasserstein": 0,
    }
    assert means == pytest.approx(expected, abs=1e-6)


def test_the_same_seed_gives_the_same_evaluation(samples: list[Sample], training: list[Sample]) -> None:
    first, again, other = (evaluated(samples, training=training, seed=seed).to_json() for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_the_worst_and_the_best_are_by_the_named_measure(samples: list[Sample]) -> None:
    found = evaluated(samples, rank_by="sharpness")
    values = dict(zip(found.names, found.per_image["i2i"]["sharpness"], strict=True))
    by_value = sorted(values, key=lambda name: abs(values[name]))
    assert found.best == by_value[:4]
    assert found.worst == by_value[::-1][:4]
    with pytest.raises(ConfigError, match="rank_by 'beauty' is not measured; expected one of psnr"):
        evaluated(samples, rank_by="beauty")


def test_the_verdict_follows_the_paired_differences(evaluation: Evaluation, samples: list[Sample]) -> None:
    assert evaluation.verdict().startswith("i2i clearly beats every baseline in PSNR, SSIM, MS-SSIM and L1")
    inputs = {sample.name: np.repeat(sample.input, 3, axis=2) for sample in samples}
    copy = evaluate_samples(lambda pixels, name: inputs[name], samples, protocol="", lpips=None, resamples=50)
    assert (
        copy.verdict()
        == f"i2i is not clearly ahead of '{COPY}' in PSNR, SSIM, MS-SSIM, L1, Sharpness and Checkerboard."
    )
    noise = np.random.default_rng(0).integers(0, 256, (48, 48, 3), dtype=np.uint8)
    assert (
        f"i2i is behind '{COPY}' in"
        in evaluate_samples(lambda pixels, name: noise, samples, protocol="", lpips=None, resamples=50).verdict()
    )


def test_without_training_pairs_the_rows_are_there_with_the_reason(samples: list[Sample]) -> None:
    found = evaluated(samples[:2])
    assert found.rows[MEAN] == {}
    assert found.not_measured[MEAN] == found.not_measured[NEIGHBOUR] == "no training pairs were given"


def test_test_images_that_were_trained_on_are_reported(samples: list[Sample], training: list[Sample]) -> None:
    found = evaluated(samples, training=[*training, samples[4]])
    (note,) = found.notes
    assert note.startswith("1 of 9 inputs are also in the training set, pixel by pixel (crop4 is one)")


def test_missing_weights_are_a_reason_and_never_silence(
    samples: list[Sample], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("I2I_WEIGHTS", raising=False)
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    found = evaluated(samples[:2], lpips="alex")
    assert "alexnet-owt-7be5be79.pth" in found.not_measured["LPIPS"]
    assert "no feature network was given" in found.not_measured["Fréchet distance"]
    assert evaluated(samples[:2], lpips=None).not_measured["LPIPS"] == "was not asked for"
    with pytest.raises(MissingWeightsError, match="no such file"):
        evaluated(samples[:2], features=tmp_path / "absent.npz")


def test_lpips_and_feature_distances_join_the_table_when_there_are_weights(tmp_path: Path) -> None:
    torch.manual_seed(0)
    file = tmp_path / "weights.npz"
    np.savez(file, **{_caffe_name(k): v.numpy() for k, v in CaffeSqueezeNet().state_dict().items()})
    lpips = LPIPS(SqueezeNet(), lpips_heads("squeeze"), name="LPIPS (squeeze)")
    found = evaluated(crops(4, 48), lpips=lpips, features=file)
    assert {"lpips", "feature_distance", "frechet", "kernel"} < found.rows["i2i"].keys()
    assert found.rows["i2i"]["kernel"].low is not None
    assert found.not_measured.keys() == {MEAN, NEIGHBOUR}
    assert "weights.npz (sha256 " in found.protocol
    assert "LPIPS (squeeze): version 0.1 heads" in found.protocol


def test_a_feature_network_that_gives_no_vectors_is_a_reason(samples: list[Sample], tmp_path: Path) -> None:
    _save_torchscript(nn.Identity(), tmp_path / "maps.pt")
    found = evaluated(samples[:2], features=tmp_path / "maps.pt")
    assert "gives (1, 3, 48, 48) for one image; expected (1, D)" in found.not_measured["Kernel distance"]
    _save_torchscript(nn.Sequential(nn.Flatten(), nn.Linear(12, 4)), tmp_path / "small.pt", side=2)
    found = evaluated(samples[:2], features=tmp_path / "small.pt")
    assert "crop0: the feature network can't take it" in found.not_measured["Fréchet distance"]
    assert "frechet" not in found.rows["i2i"]


def _save_torchscript(network: nn.Module, path: Path, side: int = 48) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.jit.trace(network, torch.zeros(1, 3, side, side)).save(str(path))


def test_images_too_small_for_a_measure_are_a_reason_and_the_others_are_measured() -> None:
    found = evaluated([*crops(2, 48), *crops(1, 6, start=5)])
    assert list(found.rows["i2i"]) == ["psnr", "l1", "sharpness", "checkerboard"]
    assert "crop5: SSIM: an image of 6x6 px is smaller than the window" in found.not_measured["SSIM"]
    assert "holds no patch" in found.not_measured["Sliced Wasserstein"]
    assert len(found.per_image["i2i"]["psnr"]) == 3


def test_images_of_several_sizes_and_a_grey_target_are_measured() -> None:
    mixed = [*crops(2, 48), *crops(2, 64, start=3)]
    grey = [Sample(sample.name, sample.target, sample.input) for sample in mixed]
    found = evaluated(grey, training=grey)
    assert "2 sizes, most often 48x48 px, 3 channels uint8 to 1 channel uint8" in found.protocol
    assert found.rows["i2i"]["sliced_wasserstein"].mean > 0


def test_a_single_pair_has_means_and_no_intervals(samples: list[Sample]) -> None:
    found = evaluated(samples[:1])
    assert found.rows["i2i"]["psnr"].low is None
    assert "1 pair, 48x48 px" in found.protocol
    assert "not clearly ahead" in found.verdict()


def test_the_protocol_says_what_the_caller_said_and_all_that_was_done(evaluation: Evaluation) -> None:
    lines = evaluation.protocol.splitlines()
    assert lines[0] == "Crops of one photograph."
    assert lines[1].startswith("Images: 9 pairs, 48x48 px, 1 channel uint8 to 3 channels uint8")
    for part in ("window 11x11", "3 scales here", "0..255", "200 resamples, seed 0", "6 training targets", "torch 2"):
        assert part in evaluation.protocol


def test_your_own_measure_joins_the_table(samples: list[Sample]) -> None:
    worst_pixel = PairedMeasure(
        "Worst pixel", "", "lower", "largest difference", function=lambda x, y: (x - y).abs().amax(dim=(1, 2, 3))
    )
    found = evaluated(samples, measures=PAIRED | {"worst_pixel": worst_pixel}, rank_by="worst_pixel")
    assert 0 < found.rows["i2i"]["worst_pixel"].mean < found.rows[COPY]["worst_pixel"].mean


def test_outputs_and_pairs_that_do_not_fit_are_named(samples: list[Sample]) -> None:
    with pytest.raises(InputError, match=r"crop0: 'i2i' gave \(24, 24, 3\) of uint8; expected \(48, 48, 3\)"):
        evaluate_samples(lambda pixels, name: np.zeros((24, 24, 3), np.uint8), samples, protocol="", lpips=None)
    broken = Sample("odd", samples[0].input[:, :40], samples[0].target)
    with pytest.raises(InputError, match="odd: the input is 40x48 px and the target 48x48;"):
        evaluated([broken])
    with pytest.raises(InputError, match="no samples to evaluate on"):
        evaluated([])


def test_samples_are_gone_through_once_and_progress_is_told(samples: list[Sample]) -> None:
    done: list[int] = []
    answers = {sample.name: sample.target for sample in samples}
    evaluate_samples(
        lambda pixels, name: answers[name], iter(samples), protocol="", lpips=None, resamples=10, progress=done.append
    )
    assert done == list(range(1, 10))


def test_json_and_csv_hold_the_numbers(evaluation: Evaluation) -> None:
    content = json.loads(evaluation.to_json())
    assert content["images"] == 9
    assert content["rows"]["i2i"]["psnr"]["mean"] == evaluation.rows["i2i"]["psnr"].mean
    assert content["rows"]["i2i"]["sliced_wasserstein"]["low"] is None
    assert content["measures"]["l1"] == {
        "label": "L1", "unit": "grey levels", "direction": "lower", "definition": "mean absolute difference, 0..255",
    }  # fmt: skip
    lines = list(csv.DictReader(io.StringIO(evaluation.to_csv())))
    assert len(lines) == 4 * 9
    ours = [float(line["psnr"]) for line in lines if line["row"] == "i2i"]
    assert ours == pytest.approx(evaluation.per_image["i2i"]["psnr"], rel=1e-5)


def test_a_number_that_is_none_is_null_in_json(samples: list[Sample]) -> None:
    broken = PairedMeasure("Broken", "", "lower", "", function=lambda x, y: torch.tensor([float("nan")]))
    found = evaluated(samples[:3], measures=PAIRED | {"broken": broken})
    assert json.loads(found.to_json())["rows"]["i2i"]["broken"]["mean"] is None


def test_the_terminal_table_shows_rows_measures_and_what_is_missing(samples: list[Sample]) -> None:
    console = Console(width=160, record=True, file=io.StringIO())
    console.print(evaluated(samples, name="[mine]").table())
    text = console.export_text()
    for part in ("[mine]", COPY, MEAN, "PSNR, dB ↑", "Sharpness, dB →0", "Fréchet distance", "not measured"):
        assert part in text


def test_at_most_so_many_images_enter_the_sliced_wasserstein(
    samples: list[Sample], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("i2i.evaluation.scoring.SLICED_IMAGES", 4)
    found = evaluated(samples)
    assert found.rows["i2i"]["sliced_wasserstein"].mean > 0
    assert "over 4 images drawn at random" in found.protocol


def test_patches_of_smaller_images_join_the_finer_levels_only() -> None:
    scores = Scores(choose_instruments(PAIRED, None, None), seed=0, target=ImageSpec(3))
    for sample in [*crops(1, 64), *crops(1, 16, start=1)]:
        scores.add(sample, {"same": sample.target})
    assert [len(level) for level in scores._targets.levels()] == [128, 64, 64]
    assert scores.table("same", 10)["sliced_wasserstein"].mean == 0
    assert sliced_wasserstein(torch.zeros(1, 1, 16, 16), torch.zeros(1, 1, 16, 16)).levels == (0,)
