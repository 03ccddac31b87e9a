"""The encoder-decoder that the U-Net is compared with (Isola et al. 2017, §4.3). https://arxiv.org/abs/1611.07004"""

from i2i.generators.unet import UNet


class EncoderDecoder(UNet):
    """The U-Net with its skips cut: all that the output shows has passed the bottleneck (§6.1.1).

    (N, in_channels, H, W) in [-1, 1] -> (N, out_channels, H, W) in [-1, 1]; H and W multiples of 2^depth.
    Arguments as for `UNet`.
    """

    skips = False
