/** Single keys that do something, but never while somebody types or composes. */
import { useEffect, useRef } from "react"

export interface Shortcut {
  /** As `KeyboardEvent.key` says, e.g. `j`, `Enter`, `ArrowDown`. */
  key: string
  /** What it does, in the reader's language; shown under `?`. */
  does: string
  run: () => void
}

const EDITED = "input:not([type=checkbox],[type=radio],[type=range],[type=file],[type=button]), textarea, select, [contenteditable=''], [contenteditable=true]"

/** Tell whether a key belongs to whoever types, or to an open dialog or a browser's own keys. */
export function isTyping(event: KeyboardEvent): boolean {
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- the only word of Safari that an input method has the key
  if (event.isComposing || event.keyCode === 229) return true
  if (event.ctrlKey || event.metaKey || event.altKey) return true
  const at = event.target instanceof Element ? event.target : null
  if (at?.closest(EDITED)) return true
  return document.querySelector("[role=dialog]") !== null
}

export function useShortcuts(shortcuts: Shortcut[]): void {
  const newest = useRef(shortcuts)
  useEffect(() => {
    newest.current = shortcuts
  })
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.defaultPrevented || isTyping(event)) return
      // Enter and space on a button or a link are the button's and the link's.
      const held = event.target instanceof Element && event.target.closest("button, a, summary")
      if (held && (event.key === "Enter" || event.key === " ")) return
      const found = newest.current.find((one) => one.key === event.key)
      if (!found) return
      event.preventDefault()
      found.run()
    }
    document.addEventListener("keydown", pressed)
    return () => document.removeEventListener("keydown", pressed)
  }, [])
}
