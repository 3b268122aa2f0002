"""``python -m data_fetch``."""

from .cli import main

if __name__ == "__main__":
    main()
