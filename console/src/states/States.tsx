/** What a page shows while it has nothing to show: loading, empty, failed, not allowed. */
import type { ReactNode } from "react"
import { Refusal } from "../api/client"
import { Icon, type IconName } from "../theme/Icon"
import { fill, useSpeech, useWords } from "../words"
import "./states.css"

interface Standing {
  icon: IconName
  title: string
  children?: ReactNode
  action?: ReactNode
  inside?: boolean | undefined
}

export function Standing({ icon, title, children, action, inside }: Standing) {
  return (
    <div className={inside ? "state inside" : "state card"}>
      <Icon name={icon} size={36} />
      <h2>{title}</h2>
      {children}
      {action}
    </div>
  )
}

export const Empty = (props: Standing) => <Standing {...props} />

/** Grey rows of the height that the content will have, so that nothing jumps. */
export function Loading({ rows = 5 }: { rows?: number }) {
  const words = useWords().states
  return (
    <div className="waiting" role="status">
      <span className="unseen">{words.loading}</span>
      {Array.from({ length: rows }, (_, row) => <i key={row} aria-hidden="true" />)}
    </div>
  )
}

/** Why something could not be shown; a 401 and a 403 are told in their own way. */
export function Failed({ error, retry, inside }: { error: unknown; retry?: (() => void) | undefined; inside?: boolean }) {
  const { language, words } = useSpeech()
  const said = words.states
  if (error instanceof Refusal && error.status === 401) return <SignedOut inside={inside} />
  if (error instanceof Refusal && error.status === 403) return <NotAllowed inside={inside} />
  return (
    <div role="alert">
      <Standing
        icon="broken"
        title={said.failed.title}
        inside={inside}
        action={retry && <button className="button" type="button" onClick={retry}>{said.retry}</button>}
      >
        <p>{explained(error, language, said)}</p>
      </Standing>
    </div>
  )
}

/** One sentence about a failure, for places too small for `Failed`. */
export function useExplained(): (error: unknown) => string {
  const { language, words } = useSpeech()
  return (error) => explained(error, language, words.states)
}

export function NotAllowed({ permission, inside }: { permission?: string; inside?: boolean | undefined }) {
  const words = useWords().states.notAllowed
  return (
    <Standing icon="lock" title={words.title} inside={inside}>
      <p>
        {words.body} {permission && fill(words.needs, { permission })}
      </p>
    </Standing>
  )
}

export function SignedOut({ inside }: { inside?: boolean | undefined }) {
  const words = useWords().states
  const back = `/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`
  return (
    <Standing icon="lock" title={words.signedOut.title} inside={inside} action={<a className="button first" href={back}>{words.signIn}</a>}>
      <p>{words.signedOut.body}</p>
    </Standing>
  )
}

function explained(error: unknown, language: "zh" | "en", words: ReturnType<typeof useWords>["states"]): string {
  if (!(error instanceof Refusal)) return words.failed.unreachable
  return error.said(language) ?? fill(words.failed.unexplained, { status: error.status })
}
