"""What the studio thinks of the answers: policy, findings, coverage, report.

Takes frames, answers and a policy; gives a judgement and a signed report. Pure but
for reading policy files: knows no database, no engine, no clock and no network.
"""

from idolens.review.coverage import Coverage
from idolens.review.digest import Sentence
from idolens.review.findings import Finding, RiskTotal, Sight, Why
from idolens.review.judge import Judgement, Reason, judge
from idolens.review.moments import MomentState
from idolens.review.policy import Moot, Policy, PolicyQuestion, Risk, worst
from idolens.review.policy_file import (
    check_policy,
    load_policy,
    policy_text,
    shipped_policies,
)
from idolens.review.record import Words
from idolens.review.report import (
    FrameFacts,
    ModelFacts,
    Report,
    RunFacts,
    Signed,
    make_report,
    report_schema,
)
from idolens.review.session_facts import SessionFacts
from idolens.review.tracks import Stretch, Tag, Track

__all__ = [
    "Coverage",
    "Finding",
    "FrameFacts",
    "Judgement",
    "ModelFacts",
    "MomentState",
    "Moot",
    "Policy",
    "PolicyQuestion",
    "Reason",
    "Report",
    "Risk",
    "RiskTotal",
    "RunFacts",
    "Sentence",
    "SessionFacts",
    "Sight",
    "Signed",
    "Stretch",
    "Tag",
    "Track",
    "Why",
    "Words",
    "check_policy",
    "judge",
    "load_policy",
    "make_report",
    "policy_text",
    "report_schema",
    "shipped_policies",
    "worst",
]
