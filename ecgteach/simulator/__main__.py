"""``python -m ecgteach.simulator``: sheets for people, see `sheets`."""

from .sheets import main

raise SystemExit(main())
