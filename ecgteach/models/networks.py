"""Two matched networks of 17 layers: `SignalCNN` reads the strip as numbers, `ImageCNN` as a picture.

Each adds two kinds of evidence, and its answer says exactly how much of it has a place:

- **local**: four convolutions whose cells are 80 ms wide and see 0.3 s, no more than one wave with its neighbour. Their
  average goes straight into the dense layer, so that each cell's share of the answer is known to the last decimal. In
  the picture only cells with ink in them speak, so that none of that share lies on blank paper.
- **rhythm**: two wide convolutions on top, which see 3 s and so whole RR intervals. Their average goes into the same
  dense layer. Rate and regularity lie between beats; they have no place, and no map is drawn of them.

Layers are counted as the study's authors count them: convolution, normalisation (its ReLU goes with it), pooling,
dropout, dense. Both networks are the same list, with kernels in one or two dimensions: six convolutions with six
normalisations (12), a pooling after the first (13), global average pooling of the local and of the rhythm cells (15),
dropout (16) and one dense layer (17). With that head, Grad-CAM at the local cells equals the class activation map, and
HiResCAM, which is faithful for it (Draelos and Carin, arXiv 2011.08891), up to scale.

Logits add up to zero. A constant added to all of them changes no answer but would change each map (evidence against
one class would look like evidence for the others); without it, "for AFIB" and "for AFIB rather than the rest" is one
map.

The strip gets a margin of blank paper once, at the entry, and no convolution pads in time. So every cell, at the ends
too, sees the same number of steps on both sides of its centre, the cells tile the strip exactly, and a strip that is
shifted by a cell has its map shifted by a cell. The study prints no layer table: kernels and widths are our choice.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..errors import InvalidValue, UnknownName, choices
from ..rhythms import grouping
from .layers import Layer

DROPOUT = 0.3
RHYTHM_DROPPED = 0.1
"""Share of training strips that are answered by the local cells alone, so that these learn all they can."""

LOCAL_BLOCKS = 4
"""Blocks below the local cells; those above see whole RR intervals."""


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
    """What both views share: blocks, averages of the local and the rhythm cells, dropout, one dense layer.

    Parameters
    ----------
    blocks : sequence of Block
        The convolutions.
    classes : sequence of str or int
        Names of the outputs, or how many there are; by default the four groups.
    local : int
        How many blocks lie below the local cells. With all of them there is no rhythm part: one field, one average.
    """

    view = ""
    input_shape: tuple[int, ...] = ()
    dimensions = 1
    step_centre = 0.0

    def __init__(
        self, blocks: Sequence[Block], classes: Sequence[str] | int | None = None, local: int = LOCAL_BLOCKS
    ) -> None:
        super().__init__()
        self.blocks = tuple(blocks)
        self.classes = _class_names(classes)
        if not 1 <= local <= len(self.blocks):
            raise InvalidValue(f"local cells lie above one of {len(self.blocks)} blocks, not above {local}")
        self.local_blocks = local
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
                    padding=self._shape(0 if block.row_stride == block.rows else block.rows // 2, 0),
                    bias=False,
                ),
            )
            self.add_module(f"norm{number}", nn.Sequential(normalisation(after), nn.ReLU()))
            if block.pools:
                self.add_module(f"pool{number}", pooling(self._shape(block.row_pool, block.pool)))
        self.local = nn.Identity()
        self.dropout = nn.Dropout(DROPOUT)
        averaged = {local, len(self.blocks)}
        self.dense = nn.Linear(sum(self.blocks[number - 1].channels for number in averaged), len(self.classes))
        self.margin = self._margin()
        self.beyond = self._beyond()
        if self.dimensions == 2:
            self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # a third quicker to train

    def forward(self, strips: Tensor) -> Tensor:
        """Logits of a batch, shape (n, classes).

        Raises
        ------
        InvalidValue
            When the batch has not the shape (n, 1, ...) that this view reads.
        """
        return self.answer(*self.read(strips))

    def read(self, strips: Tensor) -> tuple[Tensor, Tensor]:
        """Local cells of a batch, shape (n, channels, [rows,] cells), and its rhythm cells' average, (n, channels).

        Without a rhythm part that average has no channels.
        """
        if strips.shape[1:] != (1, *self.input_shape):
            wanted = ", ".join(map(str, (1, *self.input_shape)))
            raise InvalidValue(
                f"the {self.view} network reads batches of the shape (n, {wanted}), not {tuple(strips.shape)}"
            )
        local = self._through(functional.pad(strips, self.margin), 1, self.local_blocks)
        rhythm = self._through(local, self.local_blocks + 1, len(self.blocks)).flatten(2).mean(2)
        if self.local_blocks == len(self.blocks):
            rhythm = rhythm[:, :0]
        inside = local[..., self.beyond : local.shape[-1] - self.beyond]
        if self.dimensions == 2:
            inside = inside * _inked(strips, inside.shape[2:])
        return self.local(inside), rhythm

    def answer(self, cells: Tensor, rhythm: Tensor) -> Tensor:
        """Logits, shape (n, classes), of what `read` gave."""
        if self.training:
            rhythm = rhythm * (torch.rand(len(rhythm), 1) >= RHYTHM_DROPPED)
        logits: Tensor = self.dense(self.dropout(torch.cat([cells.flatten(2).mean(2), rhythm], 1)))
        return logits - logits.mean(1, keepdim=True)

    def scores(self, cells: Tensor) -> Tensor:
        """How much each local cell speaks for each class, shape (n, classes, [rows,] cells).

        Their mean over the cells is the local part; over the classes they add up to zero, as the logits do.
        """
        weights = self.dense.weight[:, : cells.shape[1]]
        return torch.einsum("ck,nk...->nc...", weights - weights.mean(0), cells)

    def parts(self, cells: Tensor, logits: Tensor) -> dict[str, Tensor]:
        """What logits are the sum of: the local part, which has a place, and the rest, which has none."""
        local = self.scores(cells).flatten(2).mean(2)
        return {"local": local, "rhythm": logits - local}

    def layers(self) -> dict[str, Layer]:
        """Every layer whose cells have a place on the strip, by name, in order; the last, ``local``, is explained."""
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
            if number == self.local_blocks:
                local = self._layer("local", "local evidence", stride, field, cells)
        inside = round(self.input_shape[-1] / local.stride)
        beyond = (local.cells - inside) // 2
        found["local"] = replace(local, cells=inside, first=local.first + beyond * local.stride)
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
        """The local cells: those that go straight into the answer, each by its own share."""
        return "local"

    def _through(self, cells: Tensor, first: int, last: int) -> Tensor:
        for number in range(first, last + 1):
            for kind in ("conv", "norm", "pool"):
                if f"{kind}{number}" in self._modules:
                    cells = self.get_submodule(f"{kind}{number}")(cells)
        return cells

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

    def _beyond(self) -> int:
        """Local cells over the margin on either side, which only the rhythm part reads."""
        above = self.blocks[self.local_blocks :]
        around = sum(block.kernel - 1 for block in above)
        if around % 2 or any(block.stride * block.pool > 1 for block in above):
            raise InvalidValue(
                "convolutions above the local cells take every cell: a stride or pooling of 1, kernels that see as far "
                "to the left as to the right"
            )
        return around // 2

    def _shape(self, rows: int, columns: int) -> tuple[int, ...]:
        return (columns,) if self.dimensions == 1 else (rows, columns)


class SignalCNN(StripCNN):
    """The strip as 5,000 numbers in mV, filtered to 0.5-40 Hz: batches of the shape (n, 1, 5000)."""

    view = "signal"
    input_shape = (5000,)
    dimensions = 1

    def __init__(
        self,
        classes: Sequence[str] | int | None = None,
        blocks: Sequence[Block] | None = None,
        local: int = LOCAL_BLOCKS,
    ) -> None:
        super().__init__(blocks or SIGNAL_BLOCKS, classes, local)


class ImageCNN(StripCNN):
    """The strip as a greyscale picture of 128 rows and 1,024 columns, 0 paper to 1 ink: batches (n, 1, 128, 1024).

    A local cell sees 91 of the 128 rows, 2.8 mV, so that its row is hardly a place: its time is.
    """

    view = "image"
    input_shape = (128, 1024)
    dimensions = 2
    step_centre = 0.5

    def __init__(
        self,
        classes: Sequence[str] | int | None = None,
        blocks: Sequence[Block] | None = None,
        local: int = LOCAL_BLOCKS,
    ) -> None:
        super().__init__(blocks or IMAGE_BLOCKS, classes, local)


SIGNAL_BLOCKS = (
    Block(24, 15, stride=5, pool=2),
    Block(32, 5, stride=2),
    Block(48, 3),
    Block(64, 3, stride=2),
    Block(64, 15),
    Block(96, 21),
)

IMAGE_BLOCKS = (
    Block(16, 8, stride=4, rows=7, row_stride=4, row_pool=2),
    Block(24, 3, rows=3, row_stride=2),
    Block(48, 3, rows=3),
    Block(64, 3, stride=2, rows=3, row_stride=2),
    Block(64, 15, rows=4, row_stride=4),
    Block(96, 21),
)


def _inked(pictures: Tensor, cells: Sequence[int]) -> Tensor:
    """True for cells with ink in them, shape (n, 1, rows, cells)."""
    return functional.adaptive_max_pool2d(pictures, list(cells)) > 0


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
