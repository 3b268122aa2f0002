"""The strip as a picture: a greyscale image whose columns are seconds and whose rows are millivolts, both ways."""

from .geometry import Geometry
from .raster import PEN, draw_pixels
from .strip_images import StripImage, strip_image

__all__ = ["PEN", "Geometry", "StripImage", "draw_pixels", "strip_image"]
