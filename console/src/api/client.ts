/** Asks the service; what it refuses is a `Refusal`, in the reader's language. */
import type { components } from "./schema"

export type Problem = components["schemas"]["Problem"]
export type Language = "zh" | "en"

/** What the service said instead of an answer. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly problem: Problem | null,
  ) {
    super(problem?.code ?? `HTTP ${status}`)
    this.name = "Refusal"
  }

  /** The sentence and the fields at fault, in one language; null where none came. */
  said(language: Language): string | null {
    if (!this.problem) return null
    const fields = this.problem.errors?.map((one) => `${one.field}: ${one[language]}`) ?? []
    return [this.problem.message[language], ...fields].join(language === "zh" ? "；" : " ")
  }
}

interface Asking {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE"
  body?: unknown
  query?: Record<string, string | number | null | undefined>
  headers?: Record<string, string>
  signal?: AbortSignal | undefined
  /** The same request under the same key is done once, however often it is sent. */
  once?: string
}

/** Send a request; throw a `Refusal` where the service refuses. */
export async function send(path: string, asking: Asking = {}): Promise<Response> {
  const { method = "GET", body, query, headers = {}, signal, once } = asking
  const reply = await fetch(path + queryOf(query), {
    method,
    credentials: "same-origin",
    headers: {
      ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      ...(once ? { "Idempotency-Key": once } : {}),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal ? { signal } : {}),
  })
  if (!reply.ok) throw new Refusal(reply.status, await problemOf(reply))
  return reply
}

/** Send a request and read the JSON that comes back. */
export async function ask<T>(path: string, asking: Asking = {}): Promise<T> {
  const reply = await send(path, { ...asking, headers: { Accept: "application/json", ...asking.headers } })
  return (reply.status === 204 ? null : await reply.json()) as T
}

export function isProblem(told: unknown): told is Problem {
  if (typeof told !== "object" || told === null) return false
  const { code, message } = told as Record<string, unknown>
  return typeof code === "string" && typeof message === "object" && message !== null
}

async function problemOf(reply: Response): Promise<Problem | null> {
  try {
    const told: unknown = await reply.json()
    return isProblem(told) ? told : null
  } catch {
    return null
  }
}

function queryOf(query: Asking["query"]): string {
  const given = Object.entries(query ?? {}).filter(([, value]) => value !== null && value !== undefined)
  if (given.length === 0) return ""
  return `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString()}`
}
