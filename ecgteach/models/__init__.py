"""The two matched networks, where their layers' cells lie, their weights, and what they read and answer."""

from .inputs import VIEWS, inputs, network_geometry
from .layers import Layer
from .networks import IMAGE_BLOCKS, SIGNAL_BLOCKS, Block, ImageCNN, SignalCNN, StripCNN
from .prediction import Prediction, margin, position
from .weights import NETWORKS, load, load_file, save, shipped

__all__ = [
    "IMAGE_BLOCKS",
    "NETWORKS",
    "SIGNAL_BLOCKS",
    "VIEWS",
    "Block",
    "ImageCNN",
    "Layer",
    "Prediction",
    "SignalCNN",
    "StripCNN",
    "inputs",
    "load",
    "load_file",
    "margin",
    "network_geometry",
    "position",
    "save",
    "shipped",
]
