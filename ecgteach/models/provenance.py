"""Which network made a map: a digest of its weights, and what it was."""

import hashlib
import zlib
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from ..errors import expect

SHOWN = 12
"""Characters of a digest that are shown: enough to tell networks apart, few enough to compare by eye."""

_KNOWN: "WeakKeyDictionary[nn.Module, tuple[tuple[object, ...], str]]" = WeakKeyDictionary()


@dataclass(frozen=True)
class Provenance:
    """Which network made a view of an explanation.

    Parameters
    ----------
    digest : str
        SHA-256 of its weights, see `digest_of`.
    network : str
        What kind of network: the name of its class.
    reads : str
        What it reads: its view's own input, or the name of the preprocessing that it was adapted with.
    version : str
        Version of this package.
    """

    digest: str
    network: str
    reads: str
    version: str

    @classmethod
    def of(cls, network: nn.Module) -> "Provenance":
        """Where what a network makes now will come from."""
        inner = getattr(network, "adapted", network)
        reads = str(getattr(network, "reads", getattr(network, "view", "")))
        return cls(digest_of(network), type(inner).__name__, reads, package_version())

    def same_network(self, other: "Provenance") -> bool:
        """Whether another names the same network: weights, kind and input; the package may be of another version."""
        return (self.digest, self.network, self.reads) == (other.digest, other.network, other.reads)

    def __str__(self) -> str:
        return f"{self.network} {self.digest[:SHOWN]}, reads {self.reads}"


def digest_of(network: nn.Module) -> str:
    """SHA-256 over a network's weights: names, types, shapes and bytes of its state, in the order of the names.

    Parameters
    ----------
    network : torch.nn.Module
        For an adapted network, the one inside counts.

    Returns
    -------
    str
        64 hexadecimal digits. It is computed anew only where a checksum of all bytes (CRC-32) is another than before,
        which costs a quarter and sees every change in place, by whatever way it was made.
    """
    expect(network, nn.Module, "a digest is of a network's weights")
    inner = getattr(network, "adapted", network)
    held = {name: value for name, value in sorted(inner.state_dict().items()) if isinstance(value, Tensor)}
    named = [(f"{name} {value.dtype} {tuple(value.shape)}\n", _bytes(value)) for name, value in held.items()]
    marks = tuple((head, zlib.crc32(content)) for head, content in named)
    known = _KNOWN.get(inner)
    if known and known[0] == marks:
        return known[1]
    whole = hashlib.sha256()
    for head, content in named:
        whole.update(head.encode())
        whole.update(content)
    _KNOWN[inner] = (marks, whole.hexdigest())
    return whole.hexdigest()


@cache
def package_version() -> str:
    """Version of this package; empty where it runs without being installed."""
    try:
        return version("ecgteach")
    except PackageNotFoundError:
        return ""


def _bytes(tensor: Tensor) -> memoryview:
    flat = tensor.detach().cpu().contiguous().reshape(-1)
    held: memoryview = flat.view(torch.uint8).numpy().data
    return held
