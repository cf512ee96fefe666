"""What the review makes of a session's answers, made anew whenever it is asked.

A judgement is never stored: it follows from the answers and a policy. The last few
are remembered, because a client that reads a list asks page after page.
"""

import threading

from cachetools import LRUCache

from idolens.archive import Session
from idolens.errors import GoneError
from idolens.jobs import dismissals_for
from idolens.review import Judgement, Policy, Report, check_policy, judge
from idolens.review.beside import own_answers, seen_by
from idolens.review.sampling import Sample, drawn
from idolens.review.trial import Trial
from idolens.vocabulary import SessionId
from idolens.web.house import House

_REMEMBERED = 8
_TRIED = 2
"""Sessions with all their answers: they take more room."""

_Key = tuple[str, str, int]


class Judging:
    """Judges sessions of one studio.

    Args:
        house: where the answers are.
    """

    def __init__(self, house: House) -> None:
        self._house = house
        self._last: LRUCache[_Key, Judgement] = LRUCache(_REMEMBERED)
        self._trials: LRUCache[_Key, Trial] = LRUCache(_TRIED)
        self._lock = threading.Lock()

    def of(self, session: Session, policy: Policy | None = None) -> Judgement:
        """Judge what is known of ``session`` by now.

        Args:
            session: whose answers.
            policy: instead of the one that the session began with.

        Raises:
            GoneError: its answers were deleted when their term was over.
        """
        own = check_policy(session.policy_text)
        judged_by = policy or own
        archive = self._house.archive
        if "answers" in archive.terms.removed(session.id):
            return self._as_reported(session, judged_by)
        # Rows are only ever added, so that their number tells whether there are more.
        key = (session.id, judged_by.version, archive.frame_count(session.id))
        with self._lock:
            known = self._last.get(key)
        if known is not None:
            return known
        frames = archive.frames(session.id)
        answers = seen_by(archive.answers(session.id), own, judged_by)
        judgement = judge(
            frames,
            answers,
            judged_by,
            duration=session.duration,
            dismissals=dismissals_for(archive, session),
        )
        with self._lock:
            self._last[session.id, judged_by.version, len(frames)] = judgement
        return judgement

    def _as_reported(self, session: Session, judged_by: Policy) -> Judgement:
        """Return what the report says: not all answers are kept any more."""
        content = self._house.archive.report(session.id)
        if content is None or judged_by.version != session.policy_version:
            raise _no_answers()
        return Report.from_json(content).signed.judgement

    def trial(self, session: Session) -> Trial:
        """Return ``session`` ready to be judged by other thresholds.

        Raises:
            GoneError: its answers are not kept any more.
        """
        archive = self._house.archive
        if "answers" in archive.terms.removed(session.id):
            raise _no_answers()
        key = (session.id, session.policy_version, archive.frame_count(session.id))
        with self._lock:
            known = self._trials.get(key)
        if known is not None:
            return known
        policy = check_policy(session.policy_text)
        trial = Trial(
            archive.frames(session.id),
            own_answers(archive.answers(session.id), policy),
            policy,
            duration=session.duration,
            dismissals=dismissals_for(archive, session),
        )
        with self._lock:
            self._trials[key] = trial
        return trial

    def sample(self, session: Session) -> Sample:
        """Return the passed frames of a session that people look at too."""
        judgement = self.of(session)
        policy = check_policy(session.policy_text)
        return drawn(
            self._house.archive.frames(session.id), judgement, policy, session.id
        )

    def forget(self, session_id: SessionId) -> None:
        """Forget what was made of a session."""
        with self._lock:
            for known in (self._last, self._trials):
                for key in [key for key in known if key[0] == session_id]:
                    del known[key]


def _no_answers() -> GoneError:
    return GoneError(
        "The answers of this session are no longer kept (setting"
        " keep.answers_days): only its report can be read.",
        "该场次的回答已超过保存期限(设置项 keep.answers_days)：只能查看其报告。",
    )
