/** Asks one question about one picture: closed ones whole, free ones word by word. */
import { useCallback, useRef, useState } from "react"
import { ask, isProblem, Refusal, send } from "../../api/client"
import type { Answer, Kind, ModelList } from "../../api/shapes"
import { eventsOf } from "../../api/stream"
import { dataUrl } from "./capture"

export interface Question {
  words: string
  kind: Kind | "auto"
  choices: string[]
  /** How `auto` will ask, as the service said. */
  expected: Kind | null
}

export type Reply =
  | { state: "none" }
  | { state: "asking"; words: string }
  | { state: "typed"; answer: Answer }
  | { state: "words"; words: string; model: string; ms: number; stopped: boolean }
  | { state: "failed"; error: unknown }

interface ChatChunk {
  model: string
  choices: { delta: { content?: string | null } }[]
}

export function useAsking(done: (question: Question, picture: Blob, reply: Reply) => void) {
  const [reply, setReply] = useState<Reply>({ state: "none" })
  const running = useRef<AbortController | null>(null)

  const stop = useCallback(() => running.current?.abort(), [])
  const forget = useCallback(() => {
    running.current?.abort()
    setReply({ state: "none" })
  }, [])
  const start = async (picture: Blob, question: Question) => {
    running.current?.abort()
    const mine = new AbortController()
    running.current = mine
    setReply({ state: "asking", words: "" })
    const told = (words: string) => { if (running.current === mine) setReply({ state: "asking", words }) }
    const last = await replyTo(picture, question, mine.signal, told)
    if (running.current !== mine) return // another question was asked since
    setReply(last)
    done(question, picture, last)
  }
  return { reply, start, stop, forget }
}

async function replyTo(picture: Blob, question: Question, signal: AbortSignal, told: (words: string) => void): Promise<Reply> {
  try {
    const image = await dataUrl(picture)
    if (isFree(question)) {
      const spoken = await spokenReply(image, question, signal, told)
      if (spoken) return spoken
    }
    return { state: "typed", answer: await typedAnswer(image, question, signal) }
  } catch (error) {
    return signal.aborted ? { state: "none" } : { state: "failed", error }
  }
}

const isFree = (question: Question): boolean =>
  question.kind === "text" || (question.kind === "auto" && question.choices.length === 0 && question.expected === "text")

function typedAnswer(image: string, question: Question, signal: AbortSignal): Promise<Answer> {
  const choices = question.choices.length > 0 && question.kind !== "yes_no" && question.kind !== "text" ? question.choices : null
  return ask<Answer>("/vlm/infer", { method: "POST", signal, body: { image, question: question.words, kind: question.kind, choices } })
}

/** Return the reply as it was said; null where the engine answers but holds no conversation. */
async function spokenReply(image: string, question: Question, signal: AbortSignal, told: (words: string) => void): Promise<Reply | null> {
  const began = performance.now()
  let words = ""
  let model = ""
  try {
    model = (await ask<ModelList>("/v1/models", { signal })).data[0]?.id ?? ""
    const content = [{ type: "image_url", image_url: { url: image } }, { type: "text", text: question.words }]
    const body = { model, stream: true, messages: [{ role: "user", content }] }
    const reply = await send("/v1/chat/completions", { method: "POST", signal, body })
    for await (const event of eventsOf(reply)) {
      if (event.data === "[DONE]") break
      const chunk: unknown = JSON.parse(event.data)
      if (isProblem(chunk)) throw new Refusal(chunk.status, chunk)
      words += (chunk as ChatChunk).choices[0]?.delta.content ?? ""
      told(words)
    }
  } catch (error) {
    if (error instanceof Refusal && error.problem?.code === "cannot_speak") return null
    if (!signal.aborted || words === "") throw error
  }
  return { state: "words", words, model, ms: Math.round(performance.now() - began), stopped: signal.aborted }
}
