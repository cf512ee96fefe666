"""What leaves the review: reports as files and pages.

Takes finished reports and evidence pictures; gives files and HTML. Knows no engine, no
database and no network: whoever calls hands the pictures over.
"""

from idolens.outputs.picture_notes import BLURRED, gone_note
from idolens.outputs.report_csv import report_csv
from idolens.outputs.report_figures import wanted_pictures
from idolens.outputs.report_files import ReportFiles, write_report
from idolens.outputs.report_page import render_page
from idolens.outputs.said import Said

__all__ = [
    "BLURRED",
    "ReportFiles",
    "Said",
    "gone_note",
    "render_page",
    "report_csv",
    "wanted_pictures",
    "write_report",
]
