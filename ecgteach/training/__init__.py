"""Training and judging networks: strips with their groups, recipes as data, `fit`, `evaluate`."""
