"""Makes fixtures/: checkpoints with random weights and what the public PyTorch port computes with them.

    git clone https://github.com/junyanz/pytorch-CycleGAN-and-pix2pix port
    python tests/parity/make_port_fixtures.py port

Runs the port's own code and saves as it does. Widths are tiny, so that a file is small.
"""

import sys
from pathlib import Path

import numpy as np
import torch
from torch import nn

FIXTURES = Path(__file__).parent / "fixtures"
STRIDE = 11  # output pixels that are kept, by both axes: prime to every grid in the networks

CASES = {  # in, out, width, architecture, norm, dropout, size; what is done to the file
    "unet_128_batch": ((3, 3, 1, "unet_128", "batch", True), 128, ""),
    "unet_256_batch": ((3, 3, 1, "unet_256", "batch", True), 256, ""),
    "unet_256_instance": ((3, 3, 1, "unet_256", "instance", False), 256, ""),
    "unet_128_instance_stale": ((3, 3, 1, "unet_128", "instance", True), 128, "stale"),
    "unet_128_none_1_to_3": ((1, 3, 1, "unet_128", "none", True), 128, ""),
    "unet_128_batch_1_to_3_module": ((1, 3, 1, "unet_128", "batch", True), 128, "module"),
    "resnet_9_batch_dropout": ((3, 3, 2, "resnet_9blocks", "batch", True), 64, ""),
    "resnet_6_instance": ((3, 3, 2, "resnet_6blocks", "instance", False), 64, ""),
    "resnet_6_batch": ((3, 3, 2, "resnet_6blocks", "batch", False), 64, "module"),
    "resnet_6_instance_dropout_stale": ((3, 2, 2, "resnet_6blocks", "instance", True), 64, "stale"),
}


def main(port: str) -> None:
    """Write a `.pth` and a `.npz` for each case."""
    sys.path.insert(0, port)
    from models import networks  # type: ignore[import-not-found]

    for name, (architecture, size, change) in CASES.items():
        seed, net = responsive(networks, architecture, size)
        image = coarse(architecture[0], seed)
        torch.save(changed(net, change), FIXTURES / f"{name}.pth", _use_new_zipfile_serialization=change != "stale")
        outputs = {mode: answer(net, image, size, mode) for mode in ("running", "batch")}
        np.savez_compressed(FIXTURES / f"{name}.npz", image=image, size=size, stride=STRIDE, **outputs)
        print(name, seed, {mode: float(output.std()) for mode, output in outputs.items()})


def responsive(networks, architecture: tuple, size: int) -> tuple[int, nn.Module]:
    """Of 40 seeds the one whose weakest kernel shows most in the output: so narrow, many networks have a dead path."""
    return max((candidate(networks, architecture, size, seed) for seed in range(40)), key=lambda found: found[0])[1:]


def candidate(networks, architecture: tuple, size: int, seed: int) -> tuple[float, int, nn.Module]:
    """How much the weakest kernel changes the output, 0 where tanh is flat; the seed; the network."""
    torch.manual_seed(seed)
    net = networks.define_G(*architecture, init_type="kaiming")
    randomise(net)
    output = net.eval()(enlarged(coarse(architecture[0], seed), size))
    kernels = [parameter for parameter in net.parameters() if parameter.ndim == 4]
    slopes = torch.autograd.grad(output.square().mean(), kernels)
    weakest = min(slope.abs().max().item() for slope in slopes)
    return (weakest if 0.1 < output.std() < 0.7 else 0.0), seed, net


def randomise(net: nn.Module) -> None:
    """Biases and batch normalisation as after a training, so that evaluation by running statistics shows."""
    for layer in net.modules():
        if isinstance(layer, nn.BatchNorm2d):
            nn.init.normal_(layer.weight, 1.0, 0.3)
            nn.init.normal_(layer.running_mean, 0.0, 0.5)
            nn.init.uniform_(layer.running_var, 0.5, 2.0)
            layer.num_batches_tracked.fill_(7)
        if getattr(layer, "bias", None) is not None:
            nn.init.normal_(layer.bias, 0.0, 0.3)
    output = [layer for layer in net.modules() if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d))][-1]
    with torch.no_grad():
        output.weight.mul_(0.3)  # away from where tanh is flat


def coarse(channels: int, seed: int) -> np.ndarray:
    """(1, C, 16, 16) in [-1, 1], of which the input is an enlargement."""
    return np.random.default_rng(seed).uniform(-1, 1, (1, channels, 16, 16)).astype(np.float32)


def enlarged(image: np.ndarray, size: int) -> torch.Tensor:
    """(1, C, size, size): each pixel repeated."""
    return torch.from_numpy(np.kron(image, np.ones((1, 1, size // 16, size // 16), dtype=np.float32)))


def answer(net: nn.Module, image: np.ndarray, size: int, mode: str) -> np.ndarray:
    """Every STRIDE-th pixel of the output, dropout off, normalised by running statistics or by the batch."""
    state = {key: value.clone() for key, value in net.state_dict().items()}
    net.train(mode == "batch")
    for layer in net.modules():
        if isinstance(layer, nn.Dropout):
            layer.eval()
    with torch.no_grad():
        output = net(enlarged(image, size))
    net.load_state_dict(state)
    return output[..., ::STRIDE, ::STRIDE].numpy()


def changed(net: nn.Module, change: str) -> dict[str, torch.Tensor]:
    """The state as the port saves it, or as an old PyTorch or DataParallel would have."""
    state = net.cpu().state_dict()
    if change == "module":
        return nn.DataParallel(net).state_dict()
    if change == "stale":
        for key, layer in net.named_modules():
            if isinstance(layer, nn.InstanceNorm2d):
                state[f"{key}.running_mean"] = torch.randn(layer.num_features)
                state[f"{key}.running_var"] = torch.rand(layer.num_features) + 0.5
                state[f"{key}.num_batches_tracked"] = torch.tensor(7)
    return state


if __name__ == "__main__":
    main(*sys.argv[1:])
