"""BicycleGAN: its terms by hand, who learns from which, and what it refuses."""

import math

import pytest
import torch
from lightning_fabric import Fabric

from i2i.config import overlay
from i2i.data.samples import Batch
from i2i.data.survey import side_of
from i2i.discriminators import logits
from i2i.encoders import build_encoder
from i2i.encoders.encoder import divergence, sample
from i2i.errors import ConfigError
from i2i.images import ImageSpec
from i2i.methods import build_method
from i2i.methods.recipes import find_recipe
from i2i.training.loop import Step, seed_step
from i2i.training.setup import make_method, make_state

SIDE = 16
TERMS = ("encoded-adversarial", "adversarial", "reconstruction", "code", "divergence")


def configured(channels=(3, 3), **changes):
    sides = [side_of(ImageSpec(count)).__dict__ for count in channels]
    tree = {
        "data": {"input": sides[0], "target": sides[1], "size": SIDE},
        "generator": {"width": 4, "depth": 2, "code": 3, "dropout": []},
        "discriminator": {"width": 4, "depth": 1},
        "bicycle": {"encoder_width": 4},
        "training": {"images": 100, "batch": 2},
        "schedule": {"name": "constant"},
    }
    return overlay(overlay(find_recipe("bicyclegan"), tree), changes)


def make_step(config):
    method = make_method(config)
    return Step(config, method, make_state(config, method, torch.device("cpu")), Fabric(accelerator="cpu"))


def make_batch(count=2, channels=(3, 3), seed=0):
    random = torch.Generator().manual_seed(seed)
    return Batch(*(torch.rand(count, c, SIDE, SIDE, generator=random) * 2 - 1 for c in channels))


def mean_square(judge, images, wanted):
    return sum((each - wanted).square().mean() for each in logits(judge.judge(images)))


def test_it_minimises_the_papers_objective():
    weights = {"random_weight": 3.0, "code_weight": 0.7, "divergence_weight": 0.2, "encoder_width": 4}
    step = make_step(configured(bicycle=weights, loss={"reconstruction_weight": 7.0, "adversarial_weight": 2.0}))
    batch, nets = make_batch(), step.state.networks
    A, B = batch.input, batch.target
    with torch.no_grad():
        G, E, D, D_encoded = (nets[n] for n in ("generator", "encoder", "discriminator", "encoded_discriminator"))
        for head in (E.mean, E.log_variance):  # far from the prior, which it is near at the start
            head.bias.copy_(torch.tensor([0.5, -1.0, 2.0]))
        seed_step(0, 0, 0, 0)
        mean, log_variance = E(B)
        random = torch.randn(2, 3)
        noise = torch.randn(2, 3)
        encoded, drawn = G(A, mean + (log_variance / 2).exp() * noise), G(A, random)
        variance = log_variance.exp()
        expected = {
            "generator.encoded-adversarial": 2 * mean_square(D_encoded, encoded, 1),
            "generator.adversarial": 3 * 2 * mean_square(D, drawn, 1),
            "generator.reconstruction": 7 * (encoded - B).abs().mean(),
            "generator.code": 0.7 * (E(drawn)[0] - random).abs().mean(),
            "generator.divergence": 0.2 * 0.5 * (mean**2 + variance - 1 - variance.log()).sum() / 2,
            "discriminator.real": mean_square(D, B, 1),
            "discriminator.fake": mean_square(D, drawn, 0),  # as G gave it before it learnt
            "discriminator.encoded-real": mean_square(D_encoded, B, 1),
            "discriminator.encoded-fake": mean_square(D_encoded, encoded, 0),
        }
    terms = step(batch)
    assert list(terms) == list(expected), "the generator learns first"
    for name, term in expected.items():
        torch.testing.assert_close(terms[name], term, msg=name)


def gradients(method, nets, batch, name):
    """Of one term of the generator's phase: network → whether any of its weights is moved."""
    torch.manual_seed(0)
    for network in nets.values():
        network.zero_grad()
    outputs = method.generate(nets, batch)
    method.losses(method.phases[0], nets, batch, outputs)[name].backward()
    return {n: any(p.grad is not None and bool(p.grad.any()) for p in net.parameters()) for n, net in nets.items()}


@pytest.mark.parametrize("name", TERMS)
def test_of_the_random_code_only_the_generator_learns_of_the_targets_the_encoder_too(name):
    method = make_method(configured())
    moved = gradients(method, method.networks(), make_batch(), name)
    learning = {"adversarial": (True, False), "code": (True, False), "divergence": (False, True)}
    assert (moved["generator"], moved["encoder"]) == learning.get(name, (True, True))


def test_finding_a_code_again_leaves_the_encoder_as_trainable_as_before():
    method = make_method(configured())
    nets = method.networks()
    gradients(method, nets, make_batch(), "code")
    assert gradients(method, nets, make_batch(), "divergence")["encoder"]


def test_each_phase_moves_its_networks_and_no_other():
    step = make_step(configured(training={"discriminator_steps": 2}))

    def weights():
        return {n: torch.cat([p.detach().flatten() for p in m.parameters()]) for n, m in step.state.networks.items()}

    before = weights()
    step(make_batch())
    first = weights()
    moved = {name for name in before if not torch.equal(before[name], first[name])}
    assert moved == {"discriminator", "encoded_discriminator"}
    step(make_batch(seed=1))
    second = weights()
    assert all(not torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize("count", [1, 3])
def test_a_batch_need_not_be_even(count):
    method = make_method(configured())
    outputs = method.generate(method.networks(), make_batch(count))
    assert outputs["encoded"].shape == outputs["random"].shape == (count, 3, SIDE, SIDE)
    assert outputs["code"].shape == (count, 3)


def test_nobody_learns_where_the_target_is_no_reading():
    method, batch = make_method(configured()), make_batch()
    valid = torch.ones_like(batch.target, dtype=torch.bool)
    valid[:, :, :, : SIDE // 2] = False
    batch = Batch(batch.input, batch.target, valid)
    outputs = method.generate(method.networks(), batch)
    for name in ("encoded", "random"):
        assert torch.equal(outputs[name][~valid], batch.target[~valid])
    terms = method.losses(method.phases[0], method.networks(), batch, outputs)
    error = (outputs["encoded"] - batch.target).abs()[valid].mean()
    torch.testing.assert_close(terms["reconstruction"], 10 * error)


def test_a_conditional_judge_sees_the_input_and_sides_may_differ_in_channels():
    config = configured((1, 2), discriminator={"conditional": True}, loss={"r1_weight": 1.0, "r1_every": 1})
    step = make_step(config)
    terms = step(make_batch(channels=(1, 2)))
    assert step.state.networks["discriminator"].in_channels == 3
    assert step.state.networks["encoder"].in_channels == 2
    assert {"r1.penalty", "r1.encoded-penalty"} <= terms.keys()
    assert all(term.isfinite() for term in terms.values())


def test_the_encoder_is_averaged_with_the_generator():
    step = make_step(configured(training={"ema_halflife_images": 2.0}))
    step(make_batch())
    first = [p.detach().clone() for p in step.state.networks["encoder"].parameters()]
    step(make_batch(seed=1))
    now = list(step.state.networks["encoder"].parameters())
    for old, new, kept in zip(first, now, step.state.encoder.parameters(), strict=True):
        torch.testing.assert_close(kept, 0.5 * old + 0.5 * new)


def test_the_divergence_is_that_of_two_gaussians_summed_over_a_code():
    mean, log_variance = torch.tensor([[1.0, -2.0], [0.0, 0.0]]), torch.tensor([[0.0, math.log(4)], [0.0, 0.0]])
    first = 0.5 * 1 + 0.5 * (4 + 4 - 1 - math.log(4))
    assert float(divergence(mean, log_variance)) == pytest.approx(first / 2)
    gaussian = torch.distributions.Normal(mean, (log_variance / 2).exp())
    apart = torch.distributions.kl_divergence(gaussian, torch.distributions.Normal(0.0, 1.0))
    torch.testing.assert_close(divergence(mean, log_variance), apart.sum(dim=1).mean())


def test_codes_are_drawn_with_the_mean_and_the_variance_that_were_found():
    torch.manual_seed(0)
    drawn = sample(torch.full((100_000, 1), 2.0), torch.full((100_000, 1), math.log(9)))
    assert float(drawn.mean()) == pytest.approx(2, abs=0.05)
    assert float(drawn.std()) == pytest.approx(3, abs=0.05)


@pytest.mark.parametrize("norm", ["batch", "instance", "none"])
@pytest.mark.parametrize("size", [(8, 8), (9, 30), (64, 17)])
def test_an_encoder_takes_any_size_from_its_smallest_on(norm, size):
    encoder = build_encoder("residual", in_channels=2, code=5, width=4, depth=3, norm=norm)
    mean, log_variance = encoder(torch.rand(2, 2, *size))
    assert mean.shape == log_variance.shape == (2, 5)
    (mean.sum() + log_variance.sum()).backward()
    assert all(p.grad is not None for p in encoder.parameters())
    with pytest.raises(ValueError, match=r"7x30.*at least 8 each way"):
        encoder(torch.rand(1, 2, 7, 30))
    with pytest.raises(ValueError, match=r"expected \(N, 2, H, W\)"):
        encoder(torch.rand(1, 3, 16, 16))


def test_a_code_of_another_length_is_refused():
    generator = make_method(configured()).networks()["generator"]
    with pytest.raises(ValueError, match=r"the code has shape \(2, 4\); expected \(2, 3\)"):
        generator(torch.rand(2, 3, SIDE, SIDE), torch.rand(2, 4))


@pytest.mark.parametrize("inject", ["all", "input"])
def test_codes_that_are_not_told_are_drawn_from_the_prior_for_each_image(inject):
    generator = make_method(configured(generator={"inject": inject})).networks()["generator"].eval()
    image = make_batch(1).input.expand(2, -1, -1, -1)
    torch.manual_seed(5)
    code = torch.randn(2, 3)
    torch.manual_seed(5)
    found = generator(image)
    assert torch.equal(found, generator(image, code))
    assert not torch.allclose(found[0], found[1])
    wider = [stage.conv.in_channels for stage in generator.encoder]
    assert wider == ([6, 7] if inject == "all" else [6, 4])


WRONG = [
    ({"loss": {"adversarial": "none"}}, "set loss.adversarial=least-squares"),
    ({"loss": {"reconstruction": "none"}}, "loss.reconstruction=l1"),
    ({"loss": {"feature_matching_weight": 1.0}}, "loss.feature_matching_weight=0"),
    ({"loss": {"perceptual_weight": 1.0}}, "loss.perceptual_weight=0"),
    ({"loss": {"checkerboard_weight": 1.0}}, "loss.checkerboard_weight=0"),
    ({"loss": {"adversarial": "wasserstein"}}, "no gradient penalty"),
    ({"loss": {"r1_weight": 1.0}, "discriminator": {"norm": "batch"}}, "discriminator.norm=instance"),
    ({"generator": {"name": "unet"}}, "the unet takes none; set generator.name=latent-unet"),
    ({"bicycle": {"encoder_depth": 5}}, "the encoder needs sides of at least 32.*less bicycle.encoder_depth"),
]


@pytest.mark.parametrize(("changes", "message"), WRONG)
def test_what_it_has_no_place_for_is_refused(changes, message):
    with pytest.raises(ConfigError, match=message) as refused:
        build_method(configured(**changes))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(("size", "depth"), [(16, 1), (32, 2), (64, 3), (128, 4), (256, 5), (512, 5)])
def test_the_encoder_leaves_eight_pixels(size, depth):
    config = configured(data={"size": size})
    with torch.device("meta"):
        assert build_method(config).networks()["encoder"].description["depth"] == depth
