"""What all tests share: real recordings where they are at hand, and records that are made up on the spot."""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from ecgteach.records import Record
from ecgteach.rhythms import rhythm


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A test that needs recordings says why it does not run; where they were promised, it fails."""
    if item.get_closest_marker("data") and not _data_folder():
        reason = "not run, because ECGTEACH_DATA names no folder with recordings"
        if os.environ.get("ECGTEACH_REQUIRE_DATA"):
            pytest.fail(reason)
        pytest.skip(reason)


def _data_folder() -> Path | None:
    named = os.environ.get("ECGTEACH_DATA")
    return Path(named) if named and Path(named).is_dir() else None


@pytest.fixture
def recordings() -> Path:
    """The folder with real recordings (mark the test with ``data``)."""
    folder = _data_folder()
    assert folder is not None
    return folder


@pytest.fixture(autouse=True)
def threads_stay() -> Iterator[None]:
    """No test leaves another number of threads behind."""
    import torch

    before = torch.get_num_threads()
    yield
    assert torch.get_num_threads() == before


def beating(rate: float, seconds: float = 10.0, sampling_rate: float = 500.0, height: float = 1.0) -> np.ndarray:
    """A trace with a QRS-like spike every 60 / rate seconds, and a T-like bump after each, in mV."""
    times = np.arange(round(seconds * sampling_rate)) / sampling_rate
    trace = np.zeros_like(times)
    for beat in np.arange(0.3, seconds, 60.0 / rate):
        trace += height * np.exp(-0.5 * ((times - beat) / 0.012) ** 2)
        trace += 0.25 * height * np.exp(-0.5 * ((times - beat - 0.3) / 0.05) ** 2)
    return trace.astype(np.float32)


def made_record(rate: float = 75.0, seconds: float = 10.0, sampling_rate: float = 500.0, **settings: object) -> Record:
    """A record of lead II with a steady beat."""
    about: dict[str, object] = {"labels": frozenset({rhythm("SR")}), "id": "made", "source": "tests"}
    signals = beating(rate, seconds, sampling_rate)[None, :]
    return Record(signals, ("II",), sampling_rate, **(about | settings))  # type: ignore[arg-type]
