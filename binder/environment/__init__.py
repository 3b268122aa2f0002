"""The folder .venv: how it is made, looked at, brought up to date and repaired; with the standard library alone."""
