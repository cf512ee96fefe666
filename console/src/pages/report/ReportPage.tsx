/** A session's report: what it was made from, the report itself, and ways to take it along. */
import { useQuery } from "@tanstack/react-query"
import { useState } from "react"
import { Link, useParams } from "wouter"
import { ask, Refusal } from "../../api/client"
import type { Session } from "../../api/shapes"
import { Empty, Failed, Loading } from "../../states/States"
import { Icon } from "../../theme/Icon"
import { fill, useSpeech } from "../../words"
import { length } from "../sessions/measures"
import { VerdictChip } from "../sessions/VerdictChip"
import "./report.css"

const FORMATS = ["html", "json", "csv"] as const

export default function ReportPage() {
  const { words: all } = useSpeech()
  const words = all.report
  const { session: id } = useParams<{ session: string }>()
  const found = useQuery({ queryKey: ["sessions", id], queryFn: ({ signal }) => ask<Session>(`/api/v1/sessions/${encodeURIComponent(id)}`, { signal }) })
  if (found.error instanceof Refusal && (found.error.status === 404 || found.error.status === 422)) {
    return <Empty icon="report" title={words.missing} action={<Link className="button" href="/sessions">{words.back}</Link>}><p>{words.missingBody}</p></Empty>
  }
  if (found.error && !found.data) return <Failed error={found.error} retry={() => void found.refetch()} />
  if (!found.data) return <Loading />
  return <Report session={found.data} />
}

function Report({ session }: { session: Session }) {
  const { language, words: all } = useSpeech()
  const words = all.report
  const address = `/api/v1/sessions/${session.id}/report`
  const facts: [string, string][] = [
    [words.facts.policy, `${session.policy.name} · ${session.policy.version.slice(0, 8)}`],
    [words.facts.engine, `${session.model} · ${session.engine}`],
    [words.facts.step, fill(all.sessions.list.every, { seconds: session.every_ms / 1000 })],
    [words.facts.length, length(session.duration_ms)],
  ]
  return (
    <div className="page">
      <div className="page-head">
        <div>
          <Link className="back small" href="/sessions"><Icon name="back" size={16} /> {words.back}</Link>
          <h1>{session.name}</h1>
        </div>
        <div className="report-ends">
          <VerdictChip session={session} />
          {session.state === "done" && FORMATS.map((format) => (
            <a key={format} className="button little" href={`${address}?format=${format}`} download={`${session.id}.${format}`}>{words.formats[format]}</a>
          ))}
        </div>
      </div>
      <dl className="facts card">{facts.map(([name, value]) => <div key={name}><dt className="soft small">{name}</dt><dd className="figures">{value}</dd></div>)}</dl>
      {session.state === "done" ? <Paper key={language} address={`${address}?format=html&language=${language}`} /> : (
        <Empty icon="clock" title={words.growingTitle}><p>{words.growing}</p></Empty>
      )}
    </div>
  )
}

/** The report's own page, whose policy lets no script run, at its whole height. */
function Paper({ address }: { address: string }) {
  const words = useSpeech().words.report
  const [height, setHeight] = useState("80vh")
  return (
    <iframe
      className="paper card" title={words.frame} src={address} sandbox="allow-same-origin allow-popups" style={{ height }}
      onLoad={(event) => {
        const inside = event.currentTarget.contentDocument?.documentElement
        if (inside) setHeight(`${inside.scrollHeight + 8}px`)
      }}
    />
  )
}
