/** What the studio has looked at, what it looks at now, and the way in for more. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query"
import { useRef } from "react"
import { ask } from "../../api/client"
import { useLiveness } from "../../api/live"
import { useMay } from "../../api/me"
import type { JobPage, Session, SessionPage } from "../../api/shapes"
import { usePageKeys } from "../../keyboard/KeyHelp"
import { Empty, Failed, Loading } from "../../states/States"
import { useWords } from "../../words"
import { SessionRow } from "./SessionRow"
import { UploadCard } from "./UploadCard"
import "./sessions.css"

export default function SessionsPage() {
  const words = useWords().sessions
  const may = useMay("ingest")
  const chooser = useRef<HTMLInputElement>(null)
  return (
    <div className="page">
      <div className="page-head">
        <div><h1>{words.title}</h1><p className="soft">{words.lead}</p></div>
        <Liveness />
      </div>
      {may ? <UploadCard chooser={chooser} /> : <p className="note small">{words.upload.needs}</p>}
      <SessionList mayUpload={may} choose={() => chooser.current?.click()} />
    </div>
  )
}

function Liveness() {
  const words = useWords().shell.live
  const liveness = useLiveness()
  return <p className={`live ${liveness}`}><i aria-hidden="true" /> {words[liveness]}</p>
}

function useSessions() {
  return useInfiniteQuery({
    queryKey: ["sessions", "list"],
    queryFn: ({ pageParam, signal }) => ask<SessionPage>("/api/v1/sessions", { query: { limit: 50, cursor: pageParam }, signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
  })
}

function SessionList({ mayUpload, choose }: { mayUpload: boolean; choose: () => void }) {
  const words = useWords().sessions
  const sessions = useSessions()
  const jobs = useQuery({ queryKey: ["jobs", "open"], queryFn: ({ signal }) => ask<JobPage>("/api/v1/jobs", { query: { state: "open", limit: 200 }, signal }) })
  const links = useRef<(HTMLAnchorElement | null)[]>([])
  const step = (by: number) => {
    const shown = links.current.filter((link) => link !== null)
    const at = shown.findIndex((link) => link === document.activeElement)
    shown[at < 0 ? 0 : Math.min(shown.length - 1, Math.max(0, at + by))]?.focus()
  }
  usePageKeys([
    ...(mayUpload ? [{ key: "u", does: words.keys.upload, run: choose }] : []),
    { key: "j", does: words.keys.next, run: () => step(1) },
    { key: "k", does: words.keys.previous, run: () => step(-1) },
    { key: "Enter", does: words.keys.open, run: () => undefined },
  ])
  if (sessions.error && !sessions.data) return <Failed error={sessions.error} retry={() => void sessions.refetch()} />
  if (!sessions.data) return <Loading rows={6} />
  const items: Session[] = sessions.data.pages.flatMap((page) => page.items)
  if (items.length === 0) return <Empty icon="sessions" title={words.list.empty}><p>{mayUpload ? words.list.emptyBody : words.list.emptyRead}</p></Empty>
  const byId = new Map(jobs.data?.items.map((job) => [job.id, job]))
  const { name, state, verdict, length, policy, began, actions } = words.list
  return (
    <>
      <div className="card table-card">
        <table className="sessions">
          <caption className="unseen">{words.list.label}</caption>
          <thead>
            <tr>{[name, state, verdict, length, policy, began].map((head) => <th key={head} scope="col">{head}</th>)}<th scope="col"><span className="unseen">{actions}</span></th></tr>
          </thead>
          <tbody>
            {items.map((session, at) => <SessionRow key={session.id} session={session} job={byId.get(session.id)} link={(link) => { links.current[at] = link }} />)}
          </tbody>
        </table>
      </div>
      {sessions.hasNextPage && <button className="button more" type="button" disabled={sessions.isFetchingNextPage} onClick={() => void sessions.fetchNextPage()}>{words.list.more}</button>}
    </>
  )
}
