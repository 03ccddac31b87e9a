import math

from i2i.metrics import PAIRED, Measure


def test_the_better_of_two_values_has_the_smaller_shortfall() -> None:
    higher, lower, zero = (Measure("", "", direction, "") for direction in ("higher", "lower", "zero"))
    assert higher.shortfall(30) < higher.shortfall(20)
    assert lower.shortfall(0.1) < lower.shortfall(0.2)
    assert zero.shortfall(-1) < zero.shortfall(2)
    assert zero.shortfall(math.nan) > higher.shortfall(-1e9)


def test_the_registry_says_what_people_expect() -> None:
    assert [name for name, measure in PAIRED.items() if measure.higher_is_better] == ["psnr", "ssim", "ms_ssim"]
    assert PAIRED["psnr"].heading == "PSNR, dB ↑"
    assert PAIRED["ssim"].heading == "SSIM ↑"
    assert PAIRED["sharpness"].heading == "Sharpness, dB →0"
