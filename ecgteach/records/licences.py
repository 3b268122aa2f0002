"""Whom to thank for a recording, and under which licence it may be used."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Origin:
    """A data set's title, authors, DOI and licence."""

    title: str
    authors: str
    doi: str
    licence: str

    def __str__(self) -> str:
        return f"{self.title}, {self.authors}, doi {self.doi}, {self.licence}"


ORIGINS = {
    "challenge-2017": Origin(
        "PhysioNet/CinC challenge 2017", "Clifford et al.", "10.22489/CinC.2017.065-469", "ODC-By 1.0"
    ),
    "mitdb": Origin("MIT-BIH Arrhythmia Database", "Moody and Mark", "10.13026/C2F305", "ODC-By 1.0"),
    "ludb": Origin("LUDB", "Kalyakulina et al.", "10.1109/ACCESS.2020.3029211", "ODC-By 1.0"),
    "ptb-xl": Origin("PTB-XL", "Wagner et al.", "10.1038/s41597-020-0495-6", "CC BY 4.0"),
    "challenge-2021": Origin(
        "PhysioNet/CinC challenge 2021", "Reyna et al.", "10.23919/CinC53138.2021.9662687", "CC BY 4.0"
    ),
    "chapman": Origin("Chapman-Shaoxing", "Zheng et al.", "10.1038/s41597-020-0386-x", "CC BY 4.0"),
}
"""Origins by the names of the sources."""
