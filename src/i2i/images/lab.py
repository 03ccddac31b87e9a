"""sRGB ↔ CIE L*a*b* under D65, on tensors: in Lab a network that is given L has only colour left to find.

IEC 61966-2-1 for sRGB; CIE 15:2004, §8.2 for L*a*b*.
"""

import torch
from torch import Tensor

_TO_XYZ = torch.tensor([[0.412453, 0.357580, 0.180423], [0.212671, 0.715160, 0.072169], [0.019334, 0.119193, 0.950227]])
_FROM_XYZ = torch.linalg.inv(_TO_XYZ)
_WHITE = torch.tensor([0.95047, 1.0, 1.08883])
_EPSILON, _KAPPA = (6 / 29) ** 3, (29 / 3) ** 3 / 116

_CENTRE = torch.tensor([50.0, 0.0, 0.0])[:, None, None]
_HALF = torch.tensor([50.0, 110.0, 110.0])[:, None, None]
"""L* of sRGB lies in 0..100, a* in -87..99, b* in -108..95: within ±110."""


def lab_of_rgb(rgb: Tensor) -> Tensor:
    """(…, 3, H, W) sRGB in [0, 1] to L*, a*, b*, each scaled into [-1, 1]."""
    linear = torch.where(rgb > 0.04045, ((rgb + 0.055) / 1.055) ** 2.4, rgb / 12.92)
    xyz = torch.einsum("ij,...jhw->...ihw", _TO_XYZ, linear) / _WHITE[:, None, None]
    f = torch.where(xyz > _EPSILON, xyz.clamp(min=_EPSILON) ** (1 / 3), _KAPPA * xyz + 16 / 116)
    x, y, z = f.unbind(dim=-3)
    return (torch.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], dim=-3) - _CENTRE) / _HALF


def rgb_of_lab(lab: Tensor) -> Tensor:
    """The way back, clipped to what sRGB can show: [0, 1]."""
    lightness, a, b = (lab * _HALF + _CENTRE).unbind(dim=-3)
    y = (lightness + 16) / 116
    f = torch.stack([y + a / 500, y, y - b / 200], dim=-3)
    xyz = torch.where(f > _EPSILON ** (1 / 3), f**3, (f - 16 / 116) / _KAPPA) * _WHITE[:, None, None]
    linear = torch.einsum("ij,...jhw->...ihw", _FROM_XYZ, xyz)
    curved = 1.055 * linear.clamp(min=0.0031308) ** (1 / 2.4) - 0.055
    return torch.where(linear > 0.0031308, curved, 12.92 * linear).clamp(0, 1)
