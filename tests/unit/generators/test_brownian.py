"""The bridge and its sampler against what is known in closed form."""

import math

import pytest
import torch

from i2i.generators.brownian import SPREAD, Bridge, draw_at, draw_times, sample, times

SAMPLES = 40_000


def moment(t):
    return torch.tensor(t, dtype=torch.float64)


def test_the_bridge_is_pinned_at_both_ends_and_widest_midway():
    bridge, y, noise = Bridge(2.0), torch.tensor([0.3, -0.8]), torch.tensor([1.0, -2.0])
    assert torch.equal(bridge.at(y, torch.tensor(0.0), noise), y)
    assert torch.equal(bridge.at(y, torch.tensor(1.0), noise), torch.zeros(2))
    assert bridge.variance(0.25) == 4 * 0.25 * 0.75
    assert bridge.variance(0.5) == 1.0
    # 0.75 y + √0.75 ε
    torch.testing.assert_close(bridge.at(y, torch.tensor(0.25), noise), torch.tensor([1.09102540, -2.33205081]))


def test_seen_from_its_line_the_bridge_between_two_images_is_the_one_to_the_target_alone():
    """z_t = (1 - t) y + t x̄ + √δ_t ε, with t x̄ taken away, and whatever x̄ is."""
    bridge, t = Bridge(0.7), torch.tensor(0.4)
    y, start, noise = torch.randn(3, 100, generator=torch.Generator().manual_seed(0))
    z = 0.6 * y + 0.4 * start + math.sqrt(0.49 * 0.4 * 0.6) * noise
    torch.testing.assert_close(z - t * start, bridge.at(y, t, noise))


@pytest.mark.parametrize("s", [0.5, 1.0, 3.0])
@pytest.mark.parametrize("time", [0.0, 1e-4, 0.3, 0.9, 0.9999])
def test_the_network_sees_and_gives_a_turn_of_target_and_noise(s, time):
    bridge, t = Bridge(s), moment(time)
    y, noise = torch.randn(2, 1000, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    y = y * SPREAD
    w = bridge.at(y, t, noise)
    seen, wanted = bridge.seen(w, t) / (1 - t).sqrt(), bridge.wanted(y, t, noise)
    a, b = torch.linalg.lstsq(torch.stack([noise, y / SPREAD], 1), seen[:, None]).solution.flatten()
    assert float(a**2 + b**2) == pytest.approx(1)
    torch.testing.assert_close(wanted, a * y / SPREAD - b * noise)
    torch.testing.assert_close(bridge.target(w, t, wanted), y)


def test_at_its_start_the_bridge_shows_nothing_and_the_network_gives_the_target():
    bridge, one = Bridge(1.0), torch.tensor(1.0)
    y = torch.tensor([0.5, -0.25])
    assert torch.equal(bridge.seen(torch.zeros(2), one), torch.zeros(2))
    torch.testing.assert_close(bridge.wanted(y, one, torch.randn(2)), y / SPREAD)
    torch.testing.assert_close(bridge.target(torch.zeros(2), one, y / SPREAD), y)


@pytest.mark.parametrize("eta", [0.0, 0.3, 1.0])
@pytest.mark.parametrize(("t", "u"), [(1.0, 0.6), (0.7, 0.3), (0.2, 0.01), (0.4, 0.0)])
def test_a_step_leaves_the_bridge_on_its_marginal_whatever_share_of_the_noise_is_new(eta, t, u):
    """With y = 0 and w_t = √δ_t ε₁, w_u = c₁ ε₁ + c₂ ε₂: c₁² + c₂² is δ_u."""
    bridge = Bridge(1.5)
    old, new = torch.eye(2)
    w = bridge.step(math.sqrt(bridge.variance(t)) * old, torch.zeros(2), t, u, eta, lambda: new)
    assert float(w.square().sum()) == pytest.approx(1.5**2 * u * (1 - u), abs=1e-6)
    if t < 1 and u > 0:
        drawn = eta * 1.5 * math.sqrt(u * (t - u) / t)
        assert float(w[1]) == pytest.approx(drawn)
    moved = bridge.step(torch.ones(2), torch.ones(2), t, 0.0, eta, lambda: new)
    assert torch.equal(moved, torch.ones(2)), "y itself at the end"


def test_the_whole_of_the_noise_new_is_the_brownian_bridge_itself():
    """Given w_t and y = 0, a Brownian motion pinned at 0 has mean (u / t) w_t at u."""
    w = Bridge(1.0).step(torch.tensor([2.0]), torch.zeros(1), 0.8, 0.2, 1.0, lambda: torch.zeros(1))
    torch.testing.assert_close(w, torch.tensor([0.5]))


def gaussian(bridge, mean, deviation):
    """E[y | w_t] of y ~ N(mean, deviation²)."""

    def denoise(w, t):
        gain = deviation**2 / ((1 - t) * deviation**2 + bridge.noise**2 * t)
        return mean + gain * (w - (1 - t) * mean)

    return denoise


@pytest.mark.parametrize("eta", [0.0, 1.0])
@pytest.mark.parametrize("deviation", [0.25, 0.5, 1.0])
def test_with_the_exact_denoiser_a_gaussian_comes_out_as_it_is(eta, deviation):
    bridge, start = Bridge(1.0), torch.zeros(SAMPLES, dtype=torch.float64)
    deviations = []
    for steps in (1, 4, 16, 128):
        torch.manual_seed(steps)
        drawn = sample(bridge, gaussian(bridge, 0.3, deviation), start, steps, eta)
        assert float(drawn.mean()) == pytest.approx(0.3, abs=4 * deviation / math.sqrt(SAMPLES)), steps
        deviations.append(float(drawn.std()) / deviation)
    assert deviations[0] < 1e-9, "one step gives the mean"
    assert 0.4 < deviations[1] < deviations[2]
    assert deviations[2] == pytest.approx(1, abs=0.14)
    assert deviations[3] == pytest.approx(1, abs=4 / math.sqrt(2 * SAMPLES))


@pytest.mark.parametrize("eta", [0.0, 1.0])
def test_with_the_exact_denoiser_two_modes_come_out_each_as_often_as_it_is(eta):
    """y is 0.8 with probability 1/4, else -0.8."""
    bridge = Bridge(1.0)

    def denoise(w, t):
        if t == 1:
            return torch.full_like(w, -0.4)
        return 0.8 * torch.tanh(0.8 * w / t - math.log(3) / 2)  # (1 - t) w / δ_t

    for steps in (8, 32):
        torch.manual_seed(0)
        drawn = sample(bridge, denoise, torch.zeros(SAMPLES, dtype=torch.float64), steps, eta)
        assert float((drawn.abs() - 0.8).abs().mean()) < 0.01, "nothing in between"
        assert float((drawn > 0).double().mean()) == pytest.approx(0.25, abs=0.02)


def test_one_step_draws_nothing_and_more_draw_by_the_seed():
    bridge, start = Bridge(1.0), torch.zeros(4)
    denoise = gaussian(bridge, 0.0, 0.5)
    before = torch.get_rng_state()
    sample(bridge, denoise, start, 1)
    assert torch.equal(torch.get_rng_state(), before)
    drawn = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        drawn.append(sample(bridge, denoise, start, 3))
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])


def test_the_times_go_from_start_to_end_by_equal_turns():
    assert times(1) == [1.0, 0.0]
    assert times(3) == pytest.approx([1, 0.75, 0.25, 0])
    assert all(one > other for one, other in zip(times(50), times(50)[1:], strict=False))


def test_a_batch_has_its_share_of_every_time():
    torch.manual_seed(0)
    drawn = draw_times(8, torch.device("cpu"))
    assert drawn.shape == (8, 1, 1, 1)
    places = (2 / math.pi * drawn.flatten().sqrt().asin()).sort().values
    torch.testing.assert_close(places.diff(), torch.full((7,), 1 / 8), rtol=0, atol=1e-3)
    many = torch.cat([draw_times(1, torch.device("cpu")) for _ in range(4000)]).flatten()
    counts = torch.histc(2 / math.pi * many.sqrt().asin(), 10, 0, 1) / 4000
    assert float((counts - 0.1).abs().max()) < 0.02


def test_parts_of_a_larger_image_draw_the_same_where_they_overlap():
    like = torch.zeros(1, 2, 70, 90)
    parts = {}
    for place in ((0, 0), (30, 50), (100, 200)):
        torch.manual_seed(4)
        parts[place] = [draw_at(place, like) for _ in range(2)]
    first, second = parts[(0, 0)]
    assert torch.equal(first[:, :, 30:, 50:], parts[(30, 50)][0][:, :, :40, :40])
    assert torch.equal(second[:, :, 30:, 50:], parts[(30, 50)][1][:, :, :40, :40])
    apart = torch.stack([first, second, *parts[(100, 200)]]).flatten(1)
    assert float((torch.corrcoef(apart) - torch.eye(4)).abs().max()) < 0.05, "each draw is another"
    assert float(first.std()) == pytest.approx(1, abs=0.03)
    blocks = first[0, 0, :64, :64], first[0, 0, :64, 64:90], first[0, 1, :64, :64]
    assert not torch.equal(blocks[0][:, :26], blocks[1])
    assert not torch.equal(blocks[0], blocks[2])
