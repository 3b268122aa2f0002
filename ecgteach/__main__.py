"""``python -m ecgteach``."""

from .cli import main

main()
