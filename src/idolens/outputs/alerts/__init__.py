"""Says when somebody has to look at the machine: rules, what is measured, words.

Takes figures and the time, gives events; pure, no I/O but for reading a rule file.
Must not know how a figure is collected, who is told, or over which wire.
"""

from idolens.outputs.alerts.alarm import (
    Alarm,
    Alarms,
    AlertEvent,
    Change,
    Phase,
    firing,
    step,
)
from idolens.outputs.alerts.measuring import History, Reading, Sample
from idolens.outputs.alerts.message import as_payload
from idolens.outputs.alerts.promql import prometheus_rules
from idolens.outputs.alerts.rule import Rule, RuleBook, Severity
from idolens.outputs.alerts.rule_file import read_rules, shipped_rules

__all__ = [
    "Alarm",
    "Alarms",
    "AlertEvent",
    "Change",
    "History",
    "Phase",
    "Reading",
    "Rule",
    "RuleBook",
    "Sample",
    "Severity",
    "as_payload",
    "firing",
    "prometheus_rules",
    "read_rules",
    "shipped_rules",
    "step",
]
