"""What a learner holds shows itself in a notebook; anywhere else its ``repr`` says the same in a line."""


class ShowsItself:
    """Shown by what `ecgteach.plots.displays` makes of it, when it is the last value of a cell."""

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:  # noqa: ARG002
        from .plots.displays import bundle

        return bundle(self)
