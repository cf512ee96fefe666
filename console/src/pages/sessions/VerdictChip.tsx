import { useQuery } from "@tanstack/react-query"
import { ask } from "../../api/client"
import type { FindingPage, Session, Suggestion } from "../../api/shapes"
import { Icon, type IconName } from "../../theme/Icon"
import { fill, useWords } from "../../words"

const ICONS: Record<Suggestion, IconName> = { pass: "pass", review: "look", block: "block" }
const WHOLE = 0.9995

/** What the machine proposes for a session, and whether it looked at all of it. */
export function VerdictChip({ session }: { session: Session }) {
  const words = useWords().sessions
  const done = session.state === "done"
  const { data } = useQuery({
    queryKey: ["findings", session.id, "verdict"],
    queryFn: ({ signal }) => ask<FindingPage>(`/api/v1/sessions/${session.id}/findings`, { query: { limit: 1 }, signal }),
    enabled: done,
    staleTime: Infinity,
  })
  if (!done) return <span className="soft small">{words.verdictNone}</span>
  if (!data) return <span className="chip pending" aria-hidden="true" />
  const looked = Math.min(1, ...data.coverage.map((one) => (one.duration_ms === 0 ? 1 : 1 - one.unexamined_ms / one.duration_ms)))
  return (
    <span className="verdict">
      <span className={`chip ${data.suggestion}`}><Icon name={ICONS[data.suggestion]} size={14} /> {words.suggestions[data.suggestion]}</span>
      {looked < WHOLE && <span className="chip" title={words.gapHint}>{fill(words.gap, { percent: Math.floor(looked * 100) })}</span>}
    </span>
  )
}
