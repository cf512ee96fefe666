/** What was asked in this browser; nothing of it is sent anywhere. */
import { useSyncExternalStore } from "react"
import type { Kind } from "../../api/shapes"
import { keep, kept } from "../../theme/kept"

export interface Asked {
  at: number
  question: string
  kind: Kind | "auto"
  choices: string[]
  answer: string
  probability: number | null
  /** A small picture as a data URL. */
  thumbnail: string
}

const NAME = "idolens.asked"
const MOST = 40
const NOTHING: Asked[] = []
const listeners = new Set<() => void>()
let read: { text: string | null; list: Asked[] } = { text: null, list: NOTHING }

export function useAsked(): Asked[] {
  return useSyncExternalStore(listen, list)
}

/** Keep one more; the oldest go, more of them where the browser has no room. */
export function remember(asked: Asked): void {
  let kept = [asked, ...list()].slice(0, MOST)
  while (kept.length > 0 && !keep(NAME, JSON.stringify(kept))) kept = kept.slice(0, kept.length >> 1)
  tell()
}

export function forgetAsked(): void {
  keep(NAME, null)
  tell()
}

function list(): Asked[] {
  const text = kept(NAME)
  if (text !== read.text) read = { text, list: parsed(text) }
  return read.list
}

function parsed(text: string | null): Asked[] {
  if (!text) return NOTHING
  try {
    const found: unknown = JSON.parse(text)
    return Array.isArray(found) ? (found as Asked[]) : NOTHING
  } catch {
    return NOTHING
  }
}

function listen(told: () => void): () => void {
  listeners.add(told)
  window.addEventListener("storage", told) // another tab asked
  return () => {
    listeners.delete(told)
    window.removeEventListener("storage", told)
  }
}

function tell(): void {
  for (const told of listeners) told()
}
