/** Files on their way in: resumable (tus), two at a time, then begun as sessions. */
import { useQueryClient } from "@tanstack/react-query"
import { useCallback, useReducer, useRef, useState } from "react"
import { Upload } from "tus-js-client"
import { ask } from "../../api/client"
import type { SessionsBegun } from "../../api/shapes"

export type UploadState = "chosen" | "waiting" | "sending" | "paused" | "broken" | "done"

export interface Sending {
  key: number
  file: File
  state: UploadState
  sent: number
  error: unknown
}

export interface Rules {
  policy: string | null
  every_s: number | null
}

const AT_ONCE = 2
const CHUNK = 32 * 2 ** 20
const ENDPOINT = "/api/v1/uploads"

type Change =
  | { do: "add"; added: Sending[] }
  | { do: "set"; key: number; to: Partial<Sending> }
  | { do: "remove"; key: number }
  | { do: "clear" }

export function changed(list: Sending[], change: Change): Sending[] {
  switch (change.do) {
    case "add": return [...list, ...change.added]
    case "set": return list.map((one) => (one.key === change.key ? { ...one, ...change.to } : one))
    case "remove": return list.filter((one) => one.key !== change.key)
    case "clear": return []
  }
}

export function useUploads() {
  const queries = useQueryClient()
  const [list, change] = useReducer(changed, [])
  const [phase, setPhase] = useState<"choosing" | "sending" | "beginning">("choosing")
  const [failure, setFailure] = useState<unknown>(null)
  const [begun, setBegun] = useState(0)
  const work = useRef(new Map<number, Upload>())
  const next = useRef(1)

  const add = useCallback((files: Iterable<File>) => {
    setBegun(0)
    change({ do: "add", added: Array.from(files, (file) => ({ key: next.current++, file, state: "chosen", sent: 0, error: null })) })
  }, [])
  const sendOne = (one: Sending) => sent(one, work.current, (to) => change({ do: "set", key: one.key, to }))

  const begin = async (rules: Rules) => {
    setFailure(null)
    setPhase("sending")
    const ids = await inTurn(list, sendOne)
    const here = ids.filter((id) => id !== null)
    if (here.length < list.length) { setPhase("choosing"); return; } // some were paused, broken or taken off
    setPhase("beginning")
    try {
      const told = await ask<SessionsBegun>("/api/v1/sessions", { method: "POST", body: { uploads: here, ...rules }, once: freshKey() })
      work.current.clear()
      change({ do: "clear" })
      setBegun(told.sessions.length)
      await queries.invalidateQueries({ queryKey: ["sessions"] })
      await queries.invalidateQueries({ queryKey: ["jobs"] })
    } catch (error) {
      setFailure(error)
    }
    setPhase("choosing")
  }
  const pause = (key: number) => {
    void work.current.get(key)?.abort()
    change({ do: "set", key, to: { state: "paused" } })
  }
  const remove = (key: number) => {
    void work.current.get(key)?.abort(true)
    work.current.delete(key)
    change({ do: "remove", key })
  }
  return { list, phase, failure, begun, add, begin, pause, remove }
}

/** Send one file, from where an earlier try ended; give its id, or null where it stopped. */
async function sent(one: Sending, work: Map<number, Upload>, set: (to: Partial<Sending>) => void): Promise<string | null> {
  const known = work.get(one.key)
  if (one.state === "done" && known?.url) return idOf(known.url)
  return new Promise((done) => {
    const upload = new Upload(one.file, {
      endpoint: ENDPOINT,
      chunkSize: CHUNK,
      retryDelays: [0, 1000, 3000, 5000, 10_000],
      metadata: { filename: one.file.name },
      removeFingerprintOnSuccess: true,
      onProgress: (bytes) => set({ sent: bytes }),
      onError: (error) => {
        set({ state: "broken", error })
        done(null)
      },
      onSuccess: () => {
        set({ state: "done", sent: one.file.size })
        done(upload.url ? idOf(upload.url) : null)
      },
    })
    const halt = upload.abort.bind(upload)
    upload.abort = async (discard) => {
      done(null)
      await halt(discard)
    }
    work.set(one.key, upload)
    set({ state: "sending", error: null })
    void upload.findPreviousUploads().then((before) => {
      if (before[0]) upload.resumeFromPreviousUpload(before[0])
      upload.start()
    })
  })
}

async function inTurn<T, R>(items: T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  let next = 0
  const worker = async () => {
    while (next < items.length) {
      const at = next++
      results[at] = await work(items[at] as T)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  return results
}

/** `crypto.randomUUID` is for pages at https:// alone, which a studio's network has not. */
function freshKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("")
}

const idOf = (url: string): string => url.slice(url.lastIndexOf("/") + 1)
