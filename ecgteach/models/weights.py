"""Weights: saved as safetensors with what they were made from in the file's own metadata, loaded after a check.

The shipped pair lies in ``weights/``: ``signal.safetensors`` and ``image.safetensors``, a model card each
(``signal.md``, ``image.md``), and ``SHA256SUMS`` against which each file is verified before it is used. Beside it, in
``weights/seeds/``, lie those of other seeds: what the same recipe makes of them, in eight bits.
"""

import hashlib
import json
from collections.abc import Iterable
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as serialised
from torch import Tensor, float32, int8

from ..arguments import checked
from ..errors import InvalidValue, UnknownName, UnreadableFile, choices, expect
from ..paths import write_whole
from .inputs import VIEWS
from .networks import Block, ImageCNN, SignalCNN, StripCNN

NETWORKS: dict[str, type[SignalCNN] | type[ImageCNN]] = {"signal": SignalCNN, "image": ImageCNN}
FOLDER = "weights"
SUMS = "SHA256SUMS"
SHIPPED_SEED = 0
SEEDS = (0, 1, 2, 3, 4)
"""Seeds whose networks come with the package; the first is the shipped pair's."""

MOST_BLOCKS, LARGEST = 64, 4096
"""What a file may describe: no more blocks, and no number of a block above this."""

LOUDEST = 1e6
"""No trained weight comes near it; one that does was written in other numbers than it says."""

FACTORS = ".factors"
"""Ends the name of what multiplies each output channel of a tensor that was written in eight bits."""


@checked
def load(view: str, seed: int = SHIPPED_SEED) -> StripCNN:
    """The shipped network of a view, or that of another seed, verified against its checksum; in evaluation mode.

    Raises
    ------
    UnknownName
        When there is no such view or seed.
    UnreadableFile
        When the file is missing, damaged or was changed.
    """
    if view not in VIEWS:
        raise UnknownName(f"no network is called {view!r}; there are {choices(VIEWS)}")
    if seed not in SEEDS:
        raise UnknownName(f"no network of seed {seed!r} was shipped; there are {choices(SEEDS)}")
    folder = Path(str(resources.files(__package__).joinpath(FOLDER)))
    file = folder / f"{view}.safetensors" if seed == SHIPPED_SEED else folder / "seeds" / f"{view}-{seed}.safetensors"
    verify(file, file.parent / SUMS)
    return load_file(file, view=view)


@cache
def shipped(seed: int = SHIPPED_SEED) -> dict[str, StripCNN]:
    """The shipped pair, or that of another seed, loaded once: ``{"signal": SignalCNN, "image": ImageCNN}``."""
    return {view: load(view, seed) for view in VIEWS}


@checked
def load_file(path: str | Path, classes: tuple[str, ...] | None = None, view: str | None = None) -> StripCNN:
    """A network from a file that `save` wrote; in evaluation mode.

    Parameters
    ----------
    path : path
        The ``.safetensors`` file.
    classes : tuple of str, optional
        Classes that the network must have.
    view : {"signal", "image"}, optional
        View that it must read.

    Raises
    ------
    UnreadableFile
        When it is missing, damaged, no network of this project, or one for another view or other classes.
    """
    expect(path, str | Path, "weights are loaded from a path", "models.adapt takes a network")
    path = Path(path)
    if path.is_dir():
        raise UnreadableFile(f"{path} is a folder; name the .safetensors file in it")
    if not path.is_file():
        raise UnreadableFile(f"{path} is missing; python -m ecgteach train makes weights")
    try:
        with safe_open(path, framework="pt") as file:
            notes = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
    except (SafetensorError, OSError) as problem:
        raise UnreadableFile(f"{path} holds no readable weights ({problem}). Fetch or train them again") from problem
    if notes.get("view") not in NETWORKS:
        raise UnreadableFile(f"{path} is no network of this project: its metadata name no view")
    if view is not None and notes["view"] != view:
        raise UnreadableFile(f"{path} is the network of the {notes['view']} view; needed: {view}")
    with torch.device("meta"):  # what is described costs nothing yet
        described = _described(path, notes)
    if classes is not None and described.classes != tuple(classes):
        raise UnreadableFile(f"{path} is a network for {choices(described.classes)}; needed: {choices(classes)}")
    broken = [name for name, tensor in tensors.items() if not tensor.isfinite().all()]
    if broken:
        raise UnreadableFile(f"{path} holds numbers that are not finite, in {choices(broken)}. Train it again")
    if misfit := _misfit(tensors, described.state_dict()):
        raise UnreadableFile(f"{path}: its weights do not fit the network that it describes: {misfit}")
    model = _described(path, notes)
    model.load_state_dict(_restored(tensors))
    return model.eval()


def _described(path: Path, notes: dict[str, str]) -> StripCNN:
    """The network that a file's metadata describe, with weights of no meaning yet."""
    try:
        classes = tuple(str(name) for name in json.loads(notes["classes"]))
        blocks = tuple(_block(numbers) for numbers in json.loads(notes["blocks"]))
        if len(blocks) > MOST_BLOCKS:
            raise InvalidValue(f"{len(blocks)} blocks, more than {MOST_BLOCKS}")
        return NETWORKS[notes["view"]](classes, blocks, int(notes.get("local_blocks", len(blocks))))
    except (KeyError, ValueError, TypeError, RuntimeError, RecursionError) as problem:
        raise UnreadableFile(
            f"{path}: its metadata describe no network ({type(problem).__name__}: {problem}). Fetch or train it again"
        ) from problem


def _block(numbers: dict[str, Any]) -> Block:
    for name, number in numbers.items():
        if type(number) is not int or not 1 <= number <= LARGEST:
            raise InvalidValue(f"{name} of a block is a whole number from 1 to {LARGEST}, not {number!r}")
    return Block(**numbers)


def _misfit(tensors: dict[str, Tensor], described: dict[str, Tensor]) -> str:
    """What is wrong with the tensors of a file, by what its network holds; empty where they fit."""
    named = {name for name in tensors if not name.endswith(FACTORS)}
    if named != set(described):
        missing, more = sorted(set(described) - named), sorted(named - set(described))
        return "; ".join(
            filter(None, [f"missing: {choices(missing)}" * bool(missing), f"too many: {choices(more)}" * bool(more)])
        )
    for name, tensor in tensors.items():
        whole = described.get(name.removesuffix(FACTORS))
        if whole is None:
            return f"too many: {name}"
        factors, small = name.endswith(FACTORS), name + FACTORS in tensors
        shape = tuple(whole.shape[:1]) if factors else tuple(whole.shape)
        kind = float32 if factors else int8 if small else whole.dtype
        if tuple(tensor.shape) != shape or tensor.dtype != kind:
            return f"{name} has the shape {tuple(tensor.shape)} in {tensor.dtype}, not {shape} in {kind}"
        if factors and not bool((tensor > 0).all()):
            return f"{name} holds factors that are not above zero"
    if (
        max((float(tensor.abs().max()) for tensor in tensors.values() if tensor.is_floating_point()), default=0)
        > LOUDEST
    ):
        return f"it holds weights above {LOUDEST:g}"
    negative = [name for name, tensor in tensors.items() if name.endswith("running_var") and bool((tensor < 0).any())]
    return f"{choices(negative)} holds variances below zero" if negative else ""


@checked
def save(model: StripCNN, path: str | Path, notes: dict[str, Any] | None = None, *, small: bool = False) -> Path:
    """Write a network's weights, whole or not at all; the same weights and notes give the same bytes.

    Parameters
    ----------
    model : StripCNN
        The network.
    path : path
        Where to; a file that is there is replaced.
    notes : dict, optional
        What goes into the metadata beside view, classes and blocks: recipe, seed, digest of the split.
    small : bool
        Write kernels in eight bits with one factor for each output channel: a quarter of the size, and nearly the same
        network. `load_file` multiplies them again.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    described = {
        "view": model.view,
        "classes": json.dumps(model.classes),
        "blocks": json.dumps([vars(block) for block in model.blocks]),
        "local_blocks": str(model.local_blocks),
        **{name: value if isinstance(value, str) else json.dumps(value) for name, value in (notes or {}).items()},
    }
    tensors = _in_eight_bits(model.state_dict()) if small else model.state_dict()
    content = serialised({name: tensor.contiguous() for name, tensor in tensors.items()}, described)
    return write_whole(path, _in_order(content))


def _in_order(content: bytes) -> bytes:
    """A safetensors file with its header in order: the library writes the metadata in another one each time."""
    end = 8 + int.from_bytes(content[:8], "little")
    header = json.dumps(json.loads(content[8:end]), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    header += b" " * (-len(header) % 8)
    return len(header).to_bytes(8, "little") + header + content[end:]


def _in_eight_bits(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Kernels as whole numbers from -127 to 127, each output channel by its own largest; the rest as it is."""
    made: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        if tensor.ndim < 2:
            made[name] = tensor
            continue
        factors = (tensor.flatten(1).abs().amax(1) / 127).clamp(min=1e-12)
        made[name] = (tensor / _along_channels(factors, tensor)).round().to(int8)
        made[name + FACTORS] = factors
    return made


def _restored(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Tensors as the network holds them, whatever they were written in."""
    made: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        if name + FACTORS in tensors:
            made[name] = tensor.float() * _along_channels(tensors[name + FACTORS], tensor)
        elif not name.endswith(FACTORS):
            made[name] = tensor.float() if tensor.is_floating_point() else tensor
    return made


def _along_channels(factors: Tensor, tensor: Tensor) -> Tensor:
    return factors.view(-1, *[1] * (tensor.ndim - 1))


def checksum(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def sums_of(files: Iterable[Path]) -> str:
    """Checksums of files as ``SHA256SUMS`` holds them, a line each."""
    return "".join(f"{checksum(file)}  {file.name}\n" for file in files)


def verify(path: Path, sums: Path) -> None:
    """Refuse a shipped file that is missing or is not the one whose checksum stands beside it.

    Raises
    ------
    UnreadableFile
        When file or checksum are missing, or do not agree.
    """
    if not path.is_file() or not sums.is_file():
        raise UnreadableFile(
            f"{path} or its checksum is missing; the installation is incomplete: install ecgteach again"
        )
    if f"{checksum(path)}  {path.name}" not in sums.read_text(encoding="utf-8").splitlines():
        raise UnreadableFile(
            f"{path} is not the file that was shipped (its checksum differs). Install ecgteach again, or load your own "
            "weights with models.load_file(path)"
        )
