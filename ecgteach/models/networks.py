"""Two matched networks of 17 layers: `SignalCNN` reads the strip as numbers, `ImageCNN` as a picture.

Layers are counted as the study's authors count them: convolution, normalisation (its ReLU goes with it), pooling,
dropout, dense. Both networks are the same list, with kernels in one or two dimensions: six convolutions with six
normalisations (12), a pooling after the first two (14), global average pooling (15), dropout (16) and one dense
layer (17). With that head, Grad-CAM at the last normalisation equals the class activation map up to scale, and
HiResCAM, which is faithful for it (Draelos and Carin, arXiv 2011.08891).

The strip gets a margin of blank paper once, at the entry, and no convolution pads in time. So every cell, at the ends
too, sees the same number of steps on both sides of its centre, the cells tile the strip exactly, and a strip that is
shifted by a cell has its map shifted by a cell. The study prints no layer table: kernels and widths are our choice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from torch import Tensor, nn
from torch.nn import functional

from ..errors import InvalidValue, UnknownName, choices
from ..rhythms import grouping
from .layers import Layer

DROPOUT = 0.3


@dataclass(frozen=True)
class Block:
    """One convolution with its normalisation and, where `pool` is above 1, a pooling; lengths are in time.

    `rows`, `row_stride` and `row_pool` are the same along the image's height, and 1 for a signal.
    """

    channels: int
    kernel: int
    stride: int = 1
    pool: int = 1
    rows: int = 1
    row_stride: int = 1
    row_pool: int = 1

    @property
    def pools(self) -> bool:
        """True when a pooling follows."""
        return self.pool * self.row_pool > 1


class StripCNN(nn.Module):
    """What both views share: blocks, global average pooling, dropout, one dense layer; logits come out.

    Parameters
    ----------
    blocks : sequence of Block
        The convolutions.
    classes : sequence of str or int
        Names of the outputs, or how many there are; by default the four groups.
    """

    view = ""
    input_shape: tuple[int, ...] = ()
    dimensions = 1
    step_centre = 0.0

    def __init__(self, blocks: Sequence[Block], classes: Sequence[str] | int | None = None) -> None:
        super().__init__()
        self.blocks = tuple(blocks)
        self.classes = _class_names(classes)
        convolution, normalisation, pooling = _kinds(self.dimensions)
        widths = pairwise([1, *(block.channels for block in self.blocks)])
        for number, (block, (before, after)) in enumerate(zip(self.blocks, widths, strict=True), start=1):
            self.add_module(
                f"conv{number}",
                convolution(
                    before,
                    after,
                    self._shape(block.rows, block.kernel),
                    stride=self._shape(block.row_stride, block.stride),
                    padding=self._shape(block.rows // 2, 0),
                    bias=False,
                ),
            )
            self.add_module(f"norm{number}", nn.Sequential(normalisation(after), nn.ReLU()))
            if block.pools:
                self.add_module(f"pool{number}", pooling(self._shape(block.row_pool, block.pool)))
        self.dropout = nn.Dropout(DROPOUT)
        self.dense = nn.Linear(self.blocks[-1].channels, len(self.classes))
        self.margin = self._margin()

    def forward(self, strips: Tensor) -> Tensor:
        """Logits of a batch, shape (n, classes).

        Raises
        ------
        InvalidValue
            When the batch has not the shape (n, 1, ...) that this view reads.
        """
        if strips.shape[1:] != (1, *self.input_shape):
            wanted = ", ".join(map(str, (1, *self.input_shape)))
            raise InvalidValue(
                f"the {self.view} network reads batches of the shape (n, {wanted}), not {tuple(strips.shape)}"
            )
        cells = functional.pad(strips, self.margin)
        for layer in self.children():
            if layer is self.dropout:
                break
            cells = layer(cells)
        pooled = cells.flatten(2).mean(2)
        logits: Tensor = self.dense(self.dropout(pooled))
        return logits

    def layers(self) -> dict[str, Layer]:
        """Every layer whose cells have a place on the strip, by name, in order; the last is the one that is pooled."""
        found: dict[str, Layer] = {}
        stride, field, cells = 1, 1, self.input_shape[-1] + sum(self.margin[:2])
        for number, block in enumerate(self.blocks, start=1):
            field += (block.kernel - 1) * stride
            stride *= block.stride
            cells = (cells - block.kernel) // block.stride + 1
            for kind, name in (("convolution", f"conv{number}"), ("normalisation", f"norm{number}")):
                found[name] = self._layer(name, kind, stride, field, cells)
            if block.pools:
                field += (block.pool - 1) * stride
                stride *= block.pool
                cells //= block.pool
                found[f"pool{number}"] = self._layer(f"pool{number}", "pooling", stride, field, cells)
        return found

    def layer(self, name: str | None = None) -> Layer:
        """One layer's geometry; without a name that of the layer which is explained by default.

        Raises
        ------
        UnknownName
            When there is no such layer, or its cells have no place.
        """
        known = self.layers()
        if name is None:
            return known[self.explained_layer]
        if name not in known:
            raise UnknownName(
                f"the {self.view} network has no layer {name!r} with a place; there are {choices(known, 20)}"
            )
        return known[name]

    @property
    def explained_layer(self) -> str:
        """The last normalisation with its ReLU: the very cells that global average pooling averages."""
        return f"norm{len(self.blocks)}"

    def _layer(self, name: str, kind: str, stride: int, field: int, cells: int) -> Layer:
        first = (field - 1) / 2 - self.margin[0] + self.step_centre
        return Layer(name, kind, stride, field, first, cells, self.input_shape[-1])

    def _margin(self) -> tuple[int, ...]:
        """Blank steps on the left and right with which the last layer's cells tile the strip."""
        stride, field = 1, 1
        for block in self.blocks:
            field += (block.kernel - 1) * stride
            stride *= block.stride
            field += (block.pool - 1) * stride
            stride *= block.pool
        around = field - stride
        if self.input_shape[-1] % stride or around % 2:
            raise InvalidValue(
                f"cells of {stride} steps with a field of {field} do not tile {self.input_shape[-1]} steps evenly; "
                "change a kernel by one or a stride"
            )
        return (around // 2, around // 2)

    def _shape(self, rows: int, columns: int) -> tuple[int, ...]:
        return (columns,) if self.dimensions == 1 else (rows, columns)


class SignalCNN(StripCNN):
    """The strip as 5,000 numbers in mV, filtered to 0.5-40 Hz: batches of the shape (n, 1, 5000)."""

    view = "signal"
    input_shape = (5000,)
    dimensions = 1

    def __init__(self, classes: Sequence[str] | int | None = None, blocks: Sequence[Block] | None = None) -> None:
        super().__init__(blocks or SIGNAL_BLOCKS, classes)


class ImageCNN(StripCNN):
    """The strip as a greyscale picture of 128 rows and 1,024 columns, 0 paper to 1 ink: batches (n, 1, 128, 1024).

    A cell of its last layer sees the whole height of the picture, so that its row is no place: only its time is.
    """

    view = "image"
    input_shape = (128, 1024)
    dimensions = 2
    step_centre = 0.5

    def __init__(self, classes: Sequence[str] | int | None = None, blocks: Sequence[Block] | None = None) -> None:
        super().__init__(blocks or IMAGE_BLOCKS, classes)


SIGNAL_BLOCKS = (
    Block(24, 15, stride=5, pool=2),
    Block(32, 7, pool=2),
    Block(48, 7, stride=2),
    Block(64, 7),
    Block(64, 9),
    Block(96, 9),
)

IMAGE_BLOCKS = (
    Block(16, 8, stride=4, pool=2, rows=7, row_stride=4, row_pool=2),
    Block(32, 5, rows=3, row_pool=2),
    Block(48, 5, rows=3, row_stride=2),
    Block(64, 7, rows=3),
    Block(64, 7, rows=3, row_stride=2),
    Block(96, 7, rows=3),
)


def _kinds(dimensions: int) -> tuple[type[nn.Module], type[nn.Module], type[nn.Module]]:
    if dimensions == 1:
        return nn.Conv1d, nn.BatchNorm1d, nn.MaxPool1d
    return nn.Conv2d, nn.BatchNorm2d, nn.MaxPool2d


def _class_names(classes: Sequence[str] | int | None) -> tuple[str, ...]:
    if classes is None:
        return grouping().classes
    names = tuple(f"class {number}" for number in range(classes)) if isinstance(classes, int) else tuple(classes)
    if len(names) < 2 or len(set(names)) != len(names):
        raise InvalidValue(f"a network needs two classes or more, each named once; given: {choices(names)}")
    return names
