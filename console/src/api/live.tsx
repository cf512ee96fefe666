/** Keeps what is shown as new as the studio: one stream of events, or polling without it. */
import { useQueryClient, type QueryClient } from "@tanstack/react-query"
import { createContext, useContext, useEffect, useState, type ReactNode } from "react"
import { send, Refusal } from "./client"
import type { Job, JobPage } from "./shapes"
import { eventsOf, type ServerEvent } from "./stream"

export type Liveness = "on" | "polling" | "off"
const Live = createContext<Liveness>("off")
export const useLiveness = (): Liveness => useContext(Live)

const POLL_MS = 5000
/** What each kind of event makes stale: the first parts of query keys. */
const STALE: Record<string, string[]> = {
  session: ["sessions", "jobs", "findings"],
  job: ["jobs", "sessions"],
  report: ["sessions", "findings", "report"],
  verdict: ["findings", "verdicts", "review"],
  policy: ["policies", "findings"],
}

export function Listening({ children }: { children: ReactNode }) {
  const queries = useQueryClient()
  const [liveness, setLiveness] = useState<Liveness>("off")
  useEffect(() => {
    const ear = new Ear(queries, setLiveness)
    ear.open()
    const seen = () => (document.visibilityState === "visible" ? ear.open() : ear.close())
    // Browsers give a house six connections: a tab that nobody looks at keeps none.
    document.addEventListener("visibilitychange", seen)
    return () => {
      document.removeEventListener("visibilitychange", seen)
      ear.close()
    }
  }, [queries])
  return <Live.Provider value={liveness}>{children}</Live.Provider>
}

class Ear {
  private last: string | null = null
  private stop: AbortController | null = null

  constructor(
    private readonly queries: QueryClient,
    private readonly tell: (liveness: Liveness) => void,
  ) {}

  open(): void {
    if (this.stop) return
    this.stop = new AbortController()
    void this.listen(this.stop.signal)
  }

  close(): void {
    this.stop?.abort()
    this.stop = null
  }

  private async listen(signal: AbortSignal): Promise<void> {
    while (!over(signal)) {
      try {
        const headers: Record<string, string> = this.last === null ? {} : { "Last-Event-ID": this.last }
        const reply = await send("/api/v1/events", { headers, signal })
        this.tell("on")
        for await (const event of eventsOf(reply)) this.hear(event)
      } catch (error) {
        if (over(signal)) return
        if (error instanceof Refusal && (error.status === 401 || error.status === 403)) {
          this.tell("off")
          return
        }
      }
      // Without the stream everything is asked for anew, until it is back.
      this.tell("polling")
      await waited(POLL_MS, signal)
      if (!over(signal)) await this.queries.invalidateQueries({ type: "active" })
    }
  }

  private hear(event: ServerEvent): void {
    if (event.id !== null && event.id !== "") this.last = event.id
    if (event.event === "progress") this.progress(JSON.parse(event.data) as Job)
    else if (event.event === "reset") void this.queries.invalidateQueries()
    else for (const key of STALE[event.event] ?? []) void this.queries.invalidateQueries({ queryKey: [key] })
  }

  private progress(job: Job): void {
    const page = this.queries.getQueryData<JobPage>(["jobs", "open"])
    this.queries.setQueryData<Job>(["jobs", job.id], (old) => old && job)
    if (page?.items.some((one) => one.id === job.id)) {
      const items = page.items.map((one) => (one.id === job.id ? job : one))
      this.queries.setQueryData<JobPage>(["jobs", "open"], { ...page, items })
    } else void this.queries.invalidateQueries({ queryKey: ["jobs", "open"] })
  }
}

/** A call, because the compiler takes a signal for what it was a moment ago. */
const over = (signal: AbortSignal): boolean => signal.aborted

async function waited(ms: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((done) => {
    const timer = setTimeout(done, ms)
    signal.addEventListener("abort", () => {
      clearTimeout(timer)
      done()
    }, { once: true })
  })
}
