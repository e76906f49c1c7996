"""Figures drawn from report.json alone: the same data give the same bytes."""

from kinephen.report.figures.draw import draw_figure, draw_flow_figure, figure_names

__all__ = ["draw_figure", "draw_flow_figure", "figure_names"]
