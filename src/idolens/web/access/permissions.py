"""Who may do what: roles to permissions, and addresses to the permission they need.

An address that is not in `RULES` is closed to everybody, admins too: whoever adds a
route adds its line here, and a test compares the two.
"""

from collections.abc import Mapping
from enum import Enum, StrEnum
from types import MappingProxyType

from idolens.vocabulary import Role


class Permission(StrEnum):
    """One thing that may be allowed; the scopes of a key are some of these."""

    SELF = "self"
    """See who one is, and sign out."""
    READ = "read"
    """See sessions, frames, answers, findings, reports."""
    ASK = "ask"
    """Have the model look at a picture."""
    JUDGE = "judge"
    """Give verdicts, tags and feedback."""
    INGEST = "ingest"
    """Upload, and start, stop and resume jobs."""
    STREAM = "stream"
    """Watch live streams, and switch the chat on and off."""
    POLICY = "policy"
    """Change and activate policies."""
    METRICS = "metrics"
    """See the machine's figures and alerts."""
    EXPORT = "export"
    """Take pictures and recordings out of the house."""
    UNREDACT = "unredact"
    """See clearly what is blurred for others; the audit log notes it."""
    PEOPLE = "people"
    """Look after accounts."""
    KEYS = "keys"
    """Look after keys."""
    HOOKS = "hooks"
    """Choose where alerts are sent to."""
    PURGE = "purge"
    """Delete for good, and say how long things are kept."""
    AUDIT = "audit"
    """See who did what."""


class Open(Enum):
    """Stands in `RULES` where nobody is asked who they are."""

    OPEN = "open"


_VIEWER = frozenset({Permission.SELF, Permission.READ})
_REVIEWER = _VIEWER | {Permission.ASK, Permission.JUDGE, Permission.UNREDACT}
_OPERATOR = _REVIEWER | {
    Permission.INGEST,
    Permission.STREAM,
    Permission.POLICY,
    Permission.METRICS,
    Permission.EXPORT,
}

OF_ROLE: Mapping[Role, frozenset[Permission]] = MappingProxyType(
    {
        Role.VIEWER: _VIEWER,
        Role.REVIEWER: _REVIEWER,
        Role.OPERATOR: _OPERATOR,
        Role.ADMIN: frozenset(Permission),
    }
)
"""What each role may do; each may do all that the one before it may."""

FOR_KEYS = frozenset(Permission) - {
    Permission.SELF,
    Permission.PEOPLE,
    Permission.KEYS,
}
"""What a key may be made for: it never makes keys or accounts."""

_P = Permission
RULES: Mapping[str, Permission | Open] = MappingProxyType(
    {
        # the page, and what leads to it
        "GET /": _P.SELF,
        "GET /icon.svg": Open.OPEN,
        "GET /sessions": _P.SELF,
        "GET /sessions/{session_id}": _P.SELF,
        "GET /review": _P.SELF,
        "GET /policies": _P.SELF,
        "GET /policies/{name}": _P.SELF,
        "GET /machine": _P.SELF,
        "GET /assets/{name}": Open.OPEN,
        "GET /page": _P.SELF,
        "GET /page.css": Open.OPEN,
        "GET /page.js": Open.OPEN,
        "GET /sdk.js": Open.OPEN,
        "GET /sdk-demo": _P.SELF,
        "GET /sdk-demo.js": Open.OPEN,
        "GET /sign-in": Open.OPEN,
        "GET /setup": Open.OPEN,
        "GET /access.js": Open.OPEN,
        "GET /openapi.json": _P.SELF,
        # health
        "GET /livez": Open.OPEN,
        "GET /readyz": _P.SELF,
        "GET /metrics": _P.METRICS,
        # questions about one picture
        "POST /vlm/infer": _P.ASK,
        "POST /v1/decisions": _P.ASK,
        "POST /v1/chat/completions": _P.ASK,
        "GET /v1/models": _P.ASK,
        "GET /v1/models/{name}": _P.ASK,
        # who one is
        "POST /api/v1/setup": Open.OPEN,
        "POST /api/v1/session": Open.OPEN,
        "DELETE /api/v1/session": _P.SELF,
        "GET /api/v1/me": _P.SELF,
        "PUT /api/v1/me/password": _P.SELF,
        "GET /api/v1/accounts": _P.PEOPLE,
        "POST /api/v1/accounts": _P.PEOPLE,
        "GET /api/v1/accounts/{account_id}": _P.PEOPLE,
        "PATCH /api/v1/accounts/{account_id}": _P.PEOPLE,
        "GET /api/v1/keys": _P.KEYS,
        "POST /api/v1/keys": _P.KEYS,
        "GET /api/v1/keys/{key_id}": _P.KEYS,
        "DELETE /api/v1/keys/{key_id}": _P.KEYS,
        "GET /api/v1/audit": _P.AUDIT,
        # what the studio has looked at
        "GET /api/v1/sessions": _P.READ,
        "GET /api/v1/sessions/{session_id}": _P.READ,
        "DELETE /api/v1/sessions/{session_id}": _P.PURGE,
        "GET /api/v1/sessions/{session_id}/frames": _P.READ,
        "GET /api/v1/sessions/{session_id}/frames/{frame_id}/picture": _P.READ,
        "PUT /api/v1/sessions/{session_id}/frames/{frame_id}/pin": _P.JUDGE,
        "DELETE /api/v1/sessions/{session_id}/frames/{frame_id}/pin": _P.JUDGE,
        "GET /api/v1/sessions/{session_id}/answers": _P.READ,
        "GET /api/v1/sessions/{session_id}/findings": _P.READ,
        "GET /api/v1/sessions/{session_id}/recording/{number}": _P.READ,
        "POST /api/v1/sessions/{session_id}/judgement": _P.READ,
        "GET /api/v1/sessions/{session_id}/report": _P.READ,
        # work
        "GET /api/v1/jobs": _P.READ,
        "GET /api/v1/jobs/{session_id}": _P.READ,
        "POST /api/v1/jobs/{session_id}/cancel": _P.INGEST,
        "POST /api/v1/jobs/{session_id}/resume": _P.INGEST,
        "POST /api/v1/jobs/{session_id}/retry": _P.INGEST,
        # files on their way in
        "GET /api/v1/uploads": _P.INGEST,
        "OPTIONS /api/v1/uploads": _P.INGEST,
        "POST /api/v1/uploads": _P.INGEST,
        "GET /api/v1/uploads/{upload_id}": _P.INGEST,
        "PATCH /api/v1/uploads/{upload_id}": _P.INGEST,
        "DELETE /api/v1/uploads/{upload_id}": _P.INGEST,
        "POST /api/v1/sessions": _P.INGEST,
        # what people say, and the rule books
        "GET /api/v1/sessions/{session_id}/verdicts": _P.READ,
        "POST /api/v1/sessions/{session_id}/verdicts": _P.JUDGE,
        "GET /api/v1/review/queue": _P.JUDGE,
        "GET /api/v1/review/reasons": _P.READ,
        "GET /api/v1/review/figures": _P.READ,
        "GET /api/v1/policies/{name}/proposal": _P.JUDGE,
        "POST /api/v1/review/claims": _P.JUDGE,
        "DELETE /api/v1/review/claims": _P.JUDGE,
        "GET /api/v1/policies": _P.READ,
        "GET /api/v1/policies/{name}": _P.READ,
        "GET /api/v1/policies/{name}/versions": _P.READ,
        "GET /api/v1/policies/{name}/diff": _P.READ,
        "POST /api/v1/policies": _P.POLICY,
        "POST /api/v1/policies/{name}/activate": _P.POLICY,
        "POST /api/v1/policies/{name}/shadow": _P.POLICY,
        # what happens, and who answers
        "GET /api/v1/events": _P.READ,
        "GET /api/v1/engines": _P.READ,
        # help with the wording of questions
        "GET /api/v1/question-templates": _P.ASK,
        "POST /api/v1/question-lint": _P.ASK,
    }
)
"""What each address needs: method (WS for a websocket) and the route's own pattern;
a mounted app is one address, e.g. ``GET /files/{path}``. HEAD counts as GET."""
