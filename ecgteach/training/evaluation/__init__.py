"""How well networks answer: figures with intervals by recording, tables, cases one by one."""

from .evaluation import Evaluation, JudgedStrip, evaluate, evaluate_strips

__all__ = ["Evaluation", "JudgedStrip", "evaluate", "evaluate_strips"]
