"""From the episodes of an experiment to figures with intervals."""

from evaluation.experiment.analysis.whole import Analysis, Cell, analyse

__all__ = ["Analysis", "Cell", "analyse"]
