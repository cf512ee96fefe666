/** One session of the list: how far it is, what came of it, what can be done. */
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { useState, type Ref } from "react"
import { Link } from "wouter"
import { ask } from "../../api/client"
import { useMay } from "../../api/me"
import type { Job, Session } from "../../api/shapes"
import { useExplained } from "../../states/States"
import { Icon } from "../../theme/Icon"
import { fill, useSpeech, useWords } from "../../words"
import { CancelDialog } from "./CancelDialog"
import { length, moment } from "./measures"
import { VerdictChip } from "./VerdictChip"

export function SessionRow({ session, job, link }: { session: Session; job: Job | undefined; link: Ref<HTMLAnchorElement> }) {
  const { language, words: all } = useSpeech()
  const words = all.sessions
  return (
    <tr>
      <td className="session-name">
        <Link ref={link} href={`/sessions/${session.id}`}>{session.name}</Link>
        {session.demonstration && <span className="soft small">{words.demonstration}</span>}
      </td>
      <td><SessionState session={session} job={job} /></td>
      <td><VerdictChip session={session} /></td>
      <td className="figures">
        {session.kind === "pictures" ? fill(words.list.pictures, { count: session.file_count }) : length(session.duration_ms)}
        {session.kind === "recording" && <span className="soft small">{fill(words.list.every, { seconds: session.every_ms / 1000 })}</span>}
      </td>
      <td>{session.policy.name}</td>
      <td className="figures">{moment(session.created_at, language)}</td>
      <td><SessionActions session={session} job={job} /></td>
    </tr>
  )
}

function SessionState({ session, job }: { session: Session; job: Job | undefined }) {
  const { language, words: all } = useSpeech()
  const words = all.sessions
  const state = session.state === "open" ? (job?.state ?? "open") : session.state
  if (job && session.state === "open") {
    const share = job.total === 0 ? 0 : Math.round((job.done / job.total) * 100)
    return (
      <div className="session-progress">
        <span className="small figures"><span className="chip accent">{words.states[state]}</span> {fill(words.progress, { done: job.done, total: job.total })}{job.eta_s !== null && <span className="soft"> · {fill(words.eta, { time: length(job.eta_s * 1000) })}</span>}</span>
        <span className="bar" role="progressbar" aria-label={session.name} aria-valuemin={0} aria-valuemax={100} aria-valuenow={share}><i style={{ width: `${share}%` }} /></span>
      </div>
    )
  }
  return (
    <div>
      <span className="chip">{words.states[state]}</span>
      {session.reason && <p className="soft small">{session.reason[language]}</p>}
    </div>
  )
}

function SessionActions({ session, job }: { session: Session; job: Job | undefined }) {
  const words = useWords().sessions
  const may = useMay("ingest")
  const explained = useExplained()
  const queries = useQueryClient()
  const [asking, setAsking] = useState(false)
  const act = useMutation({
    mutationFn: (deed: "cancel" | "resume" | "retry") => ask<Job>(`/api/v1/jobs/${session.id}/${deed}`, { method: "POST" }),
    onSettled: async () => {
      await queries.invalidateQueries({ queryKey: ["sessions"] })
      await queries.invalidateQueries({ queryKey: ["jobs"] })
    },
  })
  if (!may) return null
  const running = session.state === "open" && job?.state !== "interrupted"
  const halted = session.state === "cancelled" || session.state === "failed" || job?.state === "interrupted"
  return (
    <div className="session-actions">
      {running && <button className="button quiet little" type="button" disabled={act.isPending} onClick={() => setAsking(true)}><Icon name="close" size={16} /> {words.cancel}</button>}
      {halted && <button className="button quiet little" type="button" disabled={act.isPending} onClick={() => act.mutate("resume")}><Icon name="play" size={16} /> {words.resume}</button>}
      {session.state !== "open" && <button className="button quiet little" type="button" disabled={act.isPending} onClick={() => act.mutate("retry")}><Icon name="again" size={16} /> {words.retry}</button>}
      {act.error && <p className="small" role="alert">{explained(act.error)}</p>}
      <CancelDialog name={session.name} open={asking} onOpen={setAsking} onCancel={() => act.mutate("cancel")} />
    </div>
  )
}
