"""What a run did, for people: on a terminal, as one HTML file, and as JSON for other programs.

Every form is made from the run record alone; nothing is looked up elsewhere.
"""

from agentic_core.backtest.report.json_file import read_json, write_json
from agentic_core.backtest.report.page import render_html, write_html
from agentic_core.backtest.report.terminal import print_report

__all__ = ["print_report", "read_json", "render_html", "write_html", "write_json"]
