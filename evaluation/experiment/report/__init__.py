"""The report of an experiment: one page that needs nothing but a browser."""

from evaluation.experiment.report.writing import write_report

__all__ = ["write_report"]
