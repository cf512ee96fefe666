/** `g`, then a letter: go to a page from anywhere. */
import { useEffect, useRef } from "react"
import { isTyping } from "./useShortcuts"

const PATIENCE_MS = 1500

export function useGoTo(places: Record<string, string>, go: (path: string) => void): void {
  const begun = useRef(0)
  const newest = useRef({ places, go })
  useEffect(() => {
    newest.current = { places, go }
  })
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (isTyping(event)) return
      const path = newest.current.places[event.key]
      if (event.key === "g") begun.current = event.timeStamp
      else if (path && begun.current && event.timeStamp - begun.current < PATIENCE_MS) {
        begun.current = 0
        event.preventDefault() // the page has a key of this letter as well
        newest.current.go(path)
      } else begun.current = 0
    }
    document.addEventListener("keydown", pressed, { capture: true })
    return () => document.removeEventListener("keydown", pressed, { capture: true })
  }, [])
}
