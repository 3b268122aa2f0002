"""How well networks answer: figures with intervals by recording, tables, cases one by one."""

from .evaluation import Case, Evaluation, evaluate, evaluate_strips

__all__ = ["Case", "Evaluation", "evaluate", "evaluate_strips"]
