"""Where a map lies, held against where the evidence is known to lie, beside controls that know nothing."""
