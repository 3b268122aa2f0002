"""The two matched networks and those of others: their weights, where their cells lie, what they read and answer."""

from .adapted import Adapted, adapt
from .inputs import VIEWS, inputs, network_geometry
from .layers import Layer
from .network import (
    WAY_OUT,
    Network,
    expect_network,
    expect_networks,
    in_order,
    inputs_of,
    module_of,
    predict,
    reads_as_its_view,
)
from .networks import IMAGE_BLOCKS, SIGNAL_BLOCKS, Block, ImageCNN, SignalCNN, StripCNN
from .prediction import Prediction, margin, position
from .provenance import Provenance, digest_of
from .weights import NETWORKS, load, load_file, save, shipped

__all__ = [
    "IMAGE_BLOCKS",
    "NETWORKS",
    "SIGNAL_BLOCKS",
    "VIEWS",
    "WAY_OUT",
    "Adapted",
    "Block",
    "ImageCNN",
    "Layer",
    "Network",
    "Prediction",
    "Provenance",
    "SignalCNN",
    "StripCNN",
    "adapt",
    "digest_of",
    "expect_network",
    "expect_networks",
    "in_order",
    "inputs",
    "inputs_of",
    "load",
    "load_file",
    "margin",
    "module_of",
    "network_geometry",
    "position",
    "predict",
    "reads_as_its_view",
    "save",
    "shipped",
]
