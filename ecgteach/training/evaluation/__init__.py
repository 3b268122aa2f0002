"""How well networks answer: figures with intervals by recording, tables, cases one by one."""

from .evaluation import Evaluation, evaluate, evaluate_strips

__all__ = ["Evaluation", "evaluate", "evaluate_strips"]
