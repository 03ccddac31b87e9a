import pytest
import torch

from i2i.layers.norms import normalisation

LAYOUTS = [torch.contiguous_format, torch.channels_last]


@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("images", [1, 3])
def test_instance_normalisation_is_the_same_however_images_lie_in_memory(images, affine):
    torch.manual_seed(0)
    norm = normalisation("instance", 5, affine=affine)
    for parameter in norm.parameters():
        torch.nn.init.normal_(parameter)
    image, sought = torch.randn(images, 5, 6, 4), torch.randn(images, 5, 6, 4)

    def results(layout):
        x = image.contiguous(memory_format=layout).requires_grad_()
        output = norm(x)
        assert output.is_contiguous(memory_format=layout)
        return [output, *torch.autograd.grad(output, [x, *norm.parameters()], sought)]

    plane_by_plane, pixel_by_pixel = map(results, LAYOUTS)
    torch.testing.assert_close(pixel_by_pixel, plane_by_plane)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", ["batch", "instance"])
def test_a_norm_gets_its_gradient_as_its_output_lies_in_memory(name, layout):
    """A skip connection hands back a part of a larger tensor, of which torch makes a slow backward pass."""
    x = torch.randn(2, 4, 6, 6).contiguous(memory_format=layout).requires_grad_()
    output, handed = normalisation(name, 4)(x), []
    output.register_hook(handed.append)
    torch.cat([torch.zeros_like(output), output], dim=1).square().sum().backward()
    assert handed[0].is_contiguous(memory_format=layout)
    torch.testing.assert_close(handed[0], 2 * output.detach())


def test_where_nothing_is_learnt_nothing_waits_for_a_gradient():
    with torch.no_grad():
        assert not normalisation("instance", 4)(torch.randn(1, 4, 6, 6))._backward_hooks
