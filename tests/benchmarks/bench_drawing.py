"""How fast and how exact `ecgteach.image` draws, beside matplotlib and Pillow, in one run.

Truth is the polyline through the samples, first and last value held to the edges, stroked by a round pen: ink is where
the distance to the polyline is at most half the pen. It is sampled 16 x 16 times in each pixel and averaged.

Likeness is SSIM (Wang 2004, doi 10.1109/TIP.2003.819861): Gaussian window with sigma 1.5 cut at 11 x 11,
K1 = 0.01, K2 = 0.03, range 1; its mean over the image, and its mean over the pixels that hold ink in the truth, which
blank paper cannot flatter.

Run ``python tests/benchmarks/bench_drawing.py``. The strips are 12 of LUDB, lead II, if ECGTEACH_DATA points to them.
"""

from __future__ import annotations

import io
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image, ImageDraw
from scipy.ndimage import gaussian_filter

from ecgteach.image import PEN, Geometry, StripImage, draw_pixels, strip_image

GEOMETRY = Geometry()
STRIPS, ROUNDS, FINE = 12, 15, 16
TIMES = np.arange(5000) / 500
DPI = 100


@dataclass
class Row:
    """One way to draw: median time of a strip, mean likeness to the truth, speed against savefig (a reused figure)."""

    name: str
    milliseconds: float
    ssim: float
    ssim_on_ink: float
    ratio: float


def recorded_strips(count: int) -> list[np.ndarray]:
    """Lead II of LUDB records, high-passed at 0.5 Hz; empty if they are not there."""
    folder = Path(os.environ.get("ECGTEACH_DATA", "")) / "ludb" / "1.0.1" / "data"
    if "ECGTEACH_DATA" not in os.environ or not folder.is_dir():
        return []
    import wfdb
    from scipy.signal import butter, sosfiltfilt

    high_pass = butter(2, 0.5, "highpass", fs=500, output="sos")
    numbers = np.linspace(1, 200, count).astype(int)
    records = (wfdb.rdrecord(str(folder / str(number)), channel_names=["ii"]) for number in numbers)
    return [sosfiltfilt(high_pass, record.p_signal[:, 0]).astype(np.float32) for record in records]


def synthetic_strips(count: int) -> list[np.ndarray]:
    """Beats of P, Q, R, S and T as Gaussian bumps with a little noise, rates 50 to 120/min."""
    waves = [(-0.17, 0.02, 0.12), (-0.03, 0.008, -0.1), (0.0, 0.011, 1.1), (0.03, 0.01, -0.25), (0.26, 0.045, 0.3)]
    strips = []
    for seed in range(count):
        rng = np.random.default_rng(seed)
        beats = np.arange(0.3, 10, 60 / rng.uniform(50, 120))[:, np.newaxis]
        clean = sum(size * np.exp(-0.5 * ((TIMES - beats - at) / sd) ** 2).sum(axis=0) for at, sd, size in waves)
        strips.append((clean + rng.normal(0, 0.01, TIMES.size)).astype(np.float32))
    return strips


def truth(samples: np.ndarray, geometry: Geometry, pen: float, fine: int = FINE) -> np.ndarray:
    """Supersampled drawing, shape (height, width), 0 to 1: every fine point is tested against every segment nearby."""
    column = geometry.column_of(geometry.start + np.arange(samples.size) / samples.size * geometry.seconds)
    row = geometry.row_of(samples.astype(float))
    x = np.concatenate([[-pen], column, [geometry.width + pen]]) * fine
    y = np.concatenate([row[:1], row, row[-1:]]) * fine
    radius = pen / 2 * fine
    ink = np.zeros((geometry.height * fine, geometry.width * fine), bool)
    for x0, y0, x1, y1 in zip(x, y, x[1:], y[1:], strict=False):
        columns = np.arange(max(int(x0 - radius) - 1, 0), min(int(x1 + radius) + 2, ink.shape[1]))
        upper, lower = min(y0, y1) - radius, max(y0, y1) + radius
        rows = np.arange(max(int(upper) - 1, 0), min(int(lower) + 2, ink.shape[0]))[:, np.newaxis]
        if columns.size == 0 or rows.size == 0:
            continue
        along_x, along_y = columns + 0.5 - x0, rows + 0.5 - y0
        length = (x1 - x0) ** 2 + (y1 - y0) ** 2
        nearest = np.clip((along_x * (x1 - x0) + along_y * (y1 - y0)) / length, 0, 1)
        off_x, off_y = along_x - nearest * (x1 - x0), along_y - nearest * (y1 - y0)
        ink[rows[0, 0] : rows[-1, 0] + 1, columns[0] : columns[-1] + 1] |= off_x**2 + off_y**2 <= radius**2
    return ink.reshape(geometry.height, fine, geometry.width, fine).mean(axis=(1, 3))


def ssim_map(image: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Structural similarity of each pixel's neighbourhood."""

    def mean(values: np.ndarray) -> np.ndarray:
        return gaussian_filter(values, 1.5, truncate=3.5)

    c1, c2 = 0.01**2, 0.03**2
    mean_a, mean_b = mean(image), mean(reference)
    variances = mean(image**2) - mean_a**2 + mean(reference**2) - mean_b**2
    covariance = mean(image * reference) - mean_a * mean_b
    return ((2 * mean_a * mean_b + c1) * (2 * covariance + c2)) / ((mean_a**2 + mean_b**2 + c1) * (variances + c2))


def held(values: np.ndarray, first: float, last: float) -> np.ndarray:
    """Values with one more at either end, so that every drawer's line runs out of the frame as the truth's does."""
    return np.concatenate([[first], values, [last]])


def matplotlib_figure(samples: np.ndarray) -> Figure:
    """A bare figure of the image's size, axes and pen."""
    figure = Figure(figsize=(GEOMETRY.width / DPI, GEOMETRY.height / DPI), dpi=DPI)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, GEOMETRY.seconds), ylim=(GEOMETRY.low, GEOMETRY.high))
    axes.set_axis_off()
    axes.plot(
        held(TIMES, -1, GEOMETRY.seconds + 1),
        held(samples, samples[0], samples[-1]),
        color="black",
        linewidth=PEN * 72 / DPI,
        solid_joinstyle="round",
        solid_capstyle="round",
    )
    return figure


def png_of(figure: Figure) -> bytes:
    """What savefig writes, in memory."""
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=DPI)
    return file.getvalue()


def ink_of_png(data: bytes) -> np.ndarray:
    """Ink of dark on light, 0 to 1."""
    return 1 - np.asarray(Image.open(io.BytesIO(data)).convert("L")) / 255


def pillow_supersampled(samples: np.ndarray, factor: int = 4) -> np.ndarray:
    """Pillow's line, which has whole pixels only, drawn `factor` times as large and averaged."""
    x = held(GEOMETRY.column_of(TIMES), -10, GEOMETRY.width + 10) * factor - 0.5
    y = GEOMETRY.row_of(held(samples, samples[0], samples[-1])) * factor - 0.5
    image = Image.new("L", (GEOMETRY.width * factor, GEOMETRY.height * factor))
    points = np.stack([x, y], axis=1).ravel().tolist()
    ImageDraw.Draw(image).line(points, fill=255, width=round(PEN * factor), joint="curve")
    return np.asarray(image.reduce(factor))


def run(rounds: int = ROUNDS, count: int = STRIPS) -> tuple[str, list[Row]]:
    """Time and compare every way to draw; returns what the strips are, and the rows."""
    recorded = recorded_strips(count)
    strips = recorded or synthetic_strips(count)
    source = f"{len(strips)} {'recorded strips (LUDB, lead II)' if recorded else 'synthetic strips'}"

    reused = matplotlib_figure(strips[0])
    line = reused.axes[0].lines[0]

    def savefig_reused(samples: np.ndarray) -> bytes:
        line.set_ydata(held(samples, samples[0], samples[-1]))
        return png_of(reused)

    def canvas_reused(samples: np.ndarray) -> np.ndarray:
        line.set_ydata(held(samples, samples[0], samples[-1]))
        reused.canvas.draw()
        return np.asarray(reused.canvas.buffer_rgba())[..., 0]

    def image_of(samples: np.ndarray) -> StripImage:
        return strip_image(SimpleNamespace(samples=samples, sampling_rate=500, start=0.0))

    ways: list[tuple[str, Callable, Callable]] = [
        ("matplotlib savefig, figure reused", savefig_reused, ink_of_png),
        ("matplotlib savefig, new figure", lambda samples: png_of(matplotlib_figure(samples)), ink_of_png),
        ("matplotlib canvas only, figure reused", canvas_reused, lambda pixels: 1 - pixels / 255),
        ("Pillow, 4 x supersampled", pillow_supersampled, lambda pixels: pixels / 255),
        ("ecgteach draw_pixels", lambda samples: draw_pixels(samples, GEOMETRY), lambda pixels: pixels / 255),
        ("ecgteach strip_image", image_of, lambda image: image.pixels.astype(float)),
        ("ecgteach strip_image as PNG", lambda samples: image_of(samples)._repr_png_(), ink_of_png),
    ]
    truths = [truth(samples, GEOMETRY, PEN) for samples in strips]
    likeness = {}
    for name, draw, ink in ways:
        maps = [ssim_map(ink(draw(samples)), reference) for samples, reference in zip(strips, truths, strict=True)]
        on_ink = [values[reference > 0].mean() for values, reference in zip(maps, truths, strict=True)]
        likeness[name] = np.mean([values.mean() for values in maps]), np.mean(on_ink)

    seconds: dict[str, list[float]] = {name: [] for name, _, _ in ways}
    for _ in range(rounds):
        for name, draw, _ in ways:
            for samples in strips:
                began = time.perf_counter()
                draw(samples)
                seconds[name].append(time.perf_counter() - began)
    medians = {name: float(np.median(taken)) * 1000 for name, taken in seconds.items()}
    peer = medians[ways[0][0]]
    return source, [Row(name, medians[name], *likeness[name], peer / medians[name]) for name, _, _ in ways]


def main() -> None:
    """Print the table."""
    source, rows = run()
    print(f"{source}, {GEOMETRY.width} x {GEOMETRY.height} pixels, pen {PEN}, one thread, medians")
    print(f"{'':40}{'ms a strip':>11}{'SSIM':>9}{'on ink':>9}{'x savefig':>11}")
    for row in rows:
        print(f"{row.name:40}{row.milliseconds:11.3f}{row.ssim:9.5f}{row.ssim_on_ink:9.5f}{row.ratio:11.1f}")


if __name__ == "__main__":
    main()
