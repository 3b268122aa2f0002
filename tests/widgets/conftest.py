import pytest

from tests.browser import chromium, shots_folder


@pytest.fixture(scope="module")
def shots(tmp_path_factory):
    """Where a browser's pictures are kept for eyes; without a browser the test says why it is not run."""
    chromium()
    return shots_folder(tmp_path_factory.mktemp("shots"))
