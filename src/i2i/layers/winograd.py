"""Winograd's minimal filtering: a convolution of stride 1 with a fraction of the multiplications.

F(m×m, r×r) makes m² outputs of a tile of n² = (m + r - 1)² inputs with n² multiplications for each pair of channels
where the definition takes m² r²: with m = 4, 4 times fewer for r = 3 and 5.2 times for r = 4. In the paper's symbols,
with g the weights and d a tile,

    Y = Aᵀ [(G g Gᵀ) ⊙ (Bᵀ d B)] A                               (8)

and over all tiles and channels the products in the middle are n² products of matrices. Summing in another order than
the definition, it differs from that by about 1e-5 of the largest value.

Lavin & Gray 2016, Fast Algorithms for Convolutional Neural Networks. https://arxiv.org/abs/1509.09308
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from math import prod
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

TILE = 4
"""m: of an output tile. More saves more multiplications, and loses accuracy."""

_POINTS = {
    3: (0, 1, -1, 2, -2),
    4: (0, 1, -1, Fraction(1, 2), Fraction(-1, 2), 2),
}
"""Where the polynomials are evaluated, beside infinity, by r: small numbers, as powers of them become coefficients."""

KERNELS = tuple(_POINTS)


def tiles(height: int, width: int) -> int:
    """Of an output of that size."""
    return -(-height // TILE) * -(-width // TILE)


def convolve(x: Tensor, weight: Tensor, padding: tuple[int, int]) -> Tensor:
    """What `torch.nn.functional.conv2d` gives with stride 1 and without a bias, differentiable as often as that.

    Args:
        x: (N, C, H, W) float.
        weight: (C', C, r, r) with r one of `KERNELS`, of the same type.
        padding: zeros above and below, left and right.

    Returns:
        (N, C', H', W').
    """
    # Function.apply is not typed in torch
    output: Tensor = _Convolution.apply(x, weight, padding)  # type: ignore[no-untyped-call]
    return output


class _Convolution(torch.autograd.Function):
    """Forward by equation (8); backward each linear map of it by its transpose."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, padding: tuple[int, int]) -> Tensor:
        plan = _Plan.of(x, weight, padding)
        filters, inputs = plan.filters(weight), plan.inputs(x)
        ctx.plan = plan
        ctx.save_for_backward(x, weight, filters, inputs)
        return plan.outputs(torch.bmm(filters, inputs))

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        plan: _Plan = ctx.plan
        (gradient,) = gradients
        x, weight, filters, inputs = ctx.saved_tensors
        if torch.is_grad_enabled():  # to be differentiated again
            return *_by_definition(gradient, x, weight, plan.padding), None
        of_products = plan.transposed_outputs(gradient)
        of_x = of_weight = None
        if ctx.needs_input_grad[0]:
            of_x = plan.transposed_inputs(torch.bmm(filters.transpose(1, 2), of_products))
        if ctx.needs_input_grad[1]:
            of_weight = plan.transposed_filters(torch.bmm(of_products, inputs.transpose(1, 2)))
        return of_x, of_weight, None


def _by_definition(gradient: Tensor, x: Tensor, weight: Tensor, padding: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """The gradients as convolutions that can be differentiated."""
    of_x = F.conv_transpose2d(gradient, weight, padding=padding)
    swapped = F.conv2d(x.transpose(0, 1), gradient.transpose(0, 1), padding=padding)
    return of_x, swapped.transpose(0, 1)


@dataclass(frozen=True)
class _Plan:
    """The linear maps of equation (8), each with its transpose, for one shape.

    A matrix on either side of a tile is one matrix, the Kronecker product with itself, on the tile as a vector; so
    a tensor is brought to (places of the tile, everything else) and multiplied.
    """

    images: int
    channels: int
    filters_out: int
    height: int
    width: int
    r: int
    padding: tuple[int, int]
    A: Tensor  # (m², n²)
    G: Tensor  # (n², r²)
    B: Tensor  # (n², n²)

    @classmethod
    def of(cls, x: Tensor, weight: Tensor, padding: tuple[int, int]) -> "_Plan":
        images, channels, height, width = x.shape
        r = weight.shape[-1]
        return cls(images, channels, weight.shape[0], height, width, r, padding, *matrices(r, x.dtype))

    @property
    def n(self) -> int:
        return TILE + self.r - 1

    @property
    def size(self) -> tuple[int, int]:
        """Of the output."""
        return self.height + 2 * self.padding[0] - self.r + 1, self.width + 2 * self.padding[1] - self.r + 1

    @property
    def grid(self) -> tuple[int, int]:
        """Tiles down and across."""
        return -(-self.size[0] // TILE), -(-self.size[1] // TILE)

    def filters(self, weight: Tensor) -> Tensor:
        """G g Gᵀ: (C', C, r, r) -> (n², C', C)."""
        flat = weight.permute(2, 3, 0, 1).reshape(self.r**2, -1)
        return (self.G @ flat).view(self.n**2, self.filters_out, self.channels)

    def transposed_filters(self, filters: Tensor) -> Tensor:
        flat = self.G.t() @ filters.view(self.n**2, -1)
        return flat.view(self.r, self.r, self.filters_out, self.channels).permute(2, 3, 0, 1).contiguous()

    def inputs(self, x: Tensor) -> Tensor:
        """Bᵀ d B of all tiles, which overlap by r - 1: (N, C, H, W) -> (n², C, N · tiles)."""
        down, across = self.grid
        (top, left), more = self.padding, self.r - 1
        below, right = down * TILE + more - self.height - top, across * TILE + more - self.width - left
        padded = F.pad(x, (left, right, top, below))
        of_image, of_channel, of_row, of_column = padded.stride()
        tiles = padded.as_strided(
            (self.n, self.n, self.channels, self.images, down, across),
            (of_row, of_column, of_channel, of_image, of_row * TILE, of_column * TILE),
        )
        return (self.B @ tiles.reshape(self.n**2, -1)).view(self.n**2, self.channels, -1)

    def transposed_inputs(self, inputs: Tensor) -> Tensor:
        (down, across), n, over = self.grid, self.n, self.r - 1
        tiles = (self.B.t() @ inputs.reshape(n**2, -1)).view(n, n, self.channels, self.images, down, across)
        # A tile covers its own block of TILE² places and the first places of the next blocks, down and across.
        padded = inputs.new_zeros(self.images, self.channels, (down + 1) * TILE, (across + 1) * TILE)
        blocks = padded.view(self.images, self.channels, down + 1, TILE, across + 1, TILE).permute(3, 5, 1, 0, 2, 4)
        blocks[..., :down, :across] = tiles[:TILE, :TILE]
        blocks[:over, :, ..., 1:, :across] += tiles[TILE:, :TILE]
        blocks[:, :over, ..., :down, 1:] += tiles[:TILE, TILE:]
        blocks[:over, :over, ..., 1:, 1:] += tiles[TILE:, TILE:]
        top, left = self.padding
        return padded[:, :, top : top + self.height, left : left + self.width]

    def outputs(self, products: Tensor) -> Tensor:
        """Aᵀ (…) A: (n², C', N · tiles) -> (N, C', H', W')."""
        down, across = self.grid
        flat = self.A @ products.view(self.n**2, -1)
        tiles = flat.view(TILE, TILE, self.filters_out, self.images, down, across).permute(3, 2, 4, 0, 5, 1)
        whole = tiles.reshape(self.images, self.filters_out, down * TILE, across * TILE)
        return whole[:, :, : self.size[0], : self.size[1]].contiguous()

    def transposed_outputs(self, outputs: Tensor) -> Tensor:
        (down, across), (height, width) = self.grid, self.size
        whole = F.pad(outputs, (0, across * TILE - width, 0, down * TILE - height))
        tiles = whole.view(self.images, self.filters_out, down, TILE, across, TILE).permute(3, 5, 1, 0, 2, 4)
        return (self.A.t() @ tiles.reshape(TILE**2, -1)).view(self.n**2, self.filters_out, -1)


@cache
def matrices(r: int, dtype: torch.dtype) -> tuple[Tensor, Tensor, Tensor]:
    """Aᵀ (m, n), G (n, r) and Bᵀ (n, n) of F(m, r), each as its Kronecker product with itself.

    By Cook and Toom: the product of two polynomials is interpolated from its values at n points, infinity the last; a
    correlation is the transpose of that.
    """
    points = [Fraction(point) for point in _POINTS[r]]
    spans = [prod(point - other for other in points if other != point) for point in points]
    A = [[point**power for power in range(TILE)] for point in points] + [_last(TILE)]
    G = [[point**power / span for power in range(r)] for point, span in zip(points, spans, strict=True)] + [_last(r)]
    B = [[*_from_roots([other for other in points if other != point]), Fraction(0)] for point in points]
    B.append(_from_roots(points))
    return _squared(A, dtype).t().contiguous(), _squared(G, dtype), _squared(B, dtype)


def _squared(rows: list[list[Fraction]], dtype: torch.dtype) -> Tensor:
    matrix = torch.tensor([[float(value) for value in row] for row in rows], dtype=torch.float64)
    return torch.kron(matrix, matrix).to(dtype)


def _from_roots(roots: list[Fraction]) -> list[Fraction]:
    """Coefficients, that of the power 0 first, of the polynomial Π (x - root)."""
    coefficients = [Fraction(1)]
    for root in roots:
        raised, scaled = [Fraction(0), *coefficients], [*(root * each for each in coefficients), Fraction(0)]
        coefficients = [high - low for high, low in zip(raised, scaled, strict=True)]
    return coefficients


def _last(length: int) -> list[Fraction]:
    """At infinity only the highest power counts."""
    return [Fraction(0)] * (length - 1) + [Fraction(1)]
