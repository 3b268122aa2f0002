"""What does the test of quality call good, and what does it refuse?

    ECGTEACH_DATA=... python start.py bench quality

Inputs without a heart, clean simulated strips of every kind, and the first ten seconds of every real recording.
"""

from collections import Counter

from ecgteach.errors import EcgteachError
from ecgteach.quality import Grade, assess
from ecgteach.records import open_dataset, sample, samples
from ecgteach.rhythms import grouping
from ecgteach.sources import readable
from tests.traces import beatless, clean

SEEDS = range(700, 706)


def line(name: str, grades: Counter[Grade]) -> None:
    """One line of the table."""
    print(f"{name:26}{grades.total():8}" + "".join(f"{100 * grades[grade] / grades.total():24.1f}" for grade in Grade))


def main() -> None:
    """Print the share of each grade, in percent."""
    print(f"{'':26}{'strips':>8}" + "".join(f"{grade!s:>24}" for grade in Grade))
    line("without a heart", Counter(assess(samples, 500).grade for _, samples in beatless(900, seed=99)))
    line("clean, every kind", Counter(assess(strip.samples, 500).grade for strip in clean(SEEDS)))
    embedded: Counter[Grade] = Counter()
    for group in grouping().classes:
        embedded.update(
            sample(group, number).strip(quality="any").quality.grade for number in range(len(samples(group)))
        )
    line("embedded", embedded)
    for source in readable():
        found: Counter[Grade] = Counter()
        for record in open_dataset(source).records():
            try:
                found[record.strip(quality="any").quality.grade] += 1
            except EcgteachError:
                continue
        line(source, found)


if __name__ == "__main__":
    main()
