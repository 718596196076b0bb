"""A run as one HTML file that loads nothing and runs nothing."""

from reasoncli.reports.html.page import html_report

__all__ = ["html_report"]
