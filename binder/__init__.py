"""What sets the course up: Binder reads the files beside this one, ``start.py`` the modules of ``environment``."""
