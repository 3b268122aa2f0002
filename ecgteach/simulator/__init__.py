"""A simulator that knows the truth: heart → dipole → leads → noise, and what makes the rhythm's name.

>>> from ecgteach.simulator import edit, simulate
>>> record = simulate("AFIB", seed=1)
>>> record.truth
Truth: atrial fibrillation, 13 beats, 78/min, 78 entries of evidence
>>> edit(record, "regular").truth.notes["label"]
'fibrillation with regular RR: block, pacing or a drug, or its name is wrong'

| floor | modules | what they hold |
|---|---|---|
| people | `people`, ``patients.csv``, ``hearts.csv``, ``settings.csv`` | who is recorded; where values come from |
| heart | `hearts/`, `flutter`, `modifiers`, ``modifiers.csv`` | when atria and ventricles are active; what is set in |
| activation | `shapes`, `atrial_forms`, `ventricular_forms`, `anatomy`, `activation` | each wave: form, moment, size |
| dipole, leads | `dipole`, `leads` | activations played; Dower's matrix, Einthoven, Goldberger |
| noise | `noise` | ingredients, each with its strength, each apart |
| truth | `ground_truth`, `evidence`, ``evidence.csv`` | what is evidence for which rhythm |
| calls | `making`, `strips`, `edits`, `rewriting`, ``edits.csv`` | `simulate` and its kin; what if |
| lessons | `kinds`, ``kinds.csv``, `contrasts`, ``contrasts.csv`` | kinds by name; pairs that differ in one thing |
| files | `wfdb_out` | WFDB with truth |

Evidence is a proposal by the authors, fixed before any map was seen, until cardiologists have painted the same strips.
How good the simulator is, and by which command that was measured, stands in ``README.md`` beside this file.
"""

from .contrasts import Contrast, Pair, contrast, contrasts
from .edits import edit
from .kinds import Kind, kind, kinds
from .making import Batch, simulate, simulate_many
from .strips import PLACES, Strips, places_of, simulate_dataset, simulate_strips, stream_strips
from .wfdb_out import read_simulated, write_record, write_records

__all__ = [
    "PLACES", "Batch", "Contrast", "Kind", "Pair", "Strips", "contrast", "contrasts", "edit", "kind", "kinds",
    "places_of", "read_simulated", "simulate", "simulate_dataset", "simulate_many", "simulate_strips", "stream_strips",
    "write_record", "write_records",
]  # fmt: skip
