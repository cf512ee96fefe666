/** The question: from a ready-made one or one's own, with what is weak about its wording. */
import { useQuery } from "@tanstack/react-query"
import type { RefObject } from "react"
import { ask } from "../../api/client"
import type { Kind, Template, TemplateList, Wording } from "../../api/shapes"
import { fill, useSpeech } from "../../words"
import { useSettled } from "./useSettled"

export interface Draft {
  words: string
  kind: Kind | "auto"
  choices: string
}

export const NO_DRAFT: Draft = { words: "", kind: "auto", choices: "" }
const KINDS: Draft["kind"][] = ["auto", "yes_no", "choice", "score", "tags", "text"]
const PURPOSES: Template["purpose"][] = ["moderation", "tagging", "fan"]

export function useWording(words: string) {
  const settled = useSettled(words.trim(), 300)
  return useQuery({
    queryKey: ["wording", settled],
    queryFn: ({ signal }) => ask<Wording>("/api/v1/question-lint", { method: "POST", body: { question: settled }, signal }),
    enabled: settled !== "",
    staleTime: Infinity,
    placeholderData: (before) => before,
  })
}

interface Form {
  draft: Draft
  wording: Wording | undefined
  field: RefObject<HTMLTextAreaElement | null>
  busy: boolean
  lack: string | null
  onDraft: (draft: Draft) => void
  onAsk: () => void
  onStop: () => void
}

export function QuestionForm({ draft, wording, field, busy, lack, onDraft, onAsk, onStop }: Form) {
  const { language, words: all } = useSpeech()
  const words = all.ask.question
  const optional = draft.kind === "choice" || draft.kind === "score" || draft.kind === "tags"
  return (
    <form className="card question" onSubmit={(event) => { event.preventDefault(); onAsk() }}>
      <div className="question-how">
        <TemplateChoice onTemplate={(one) => onDraft({ words: one.instruction[language], kind: one.kind, choices: one.options[language].join("\n") })} />
        <div className="field">
          <label className="name" htmlFor="kind">{words.kind}</label>
          <select id="kind" className="input" value={draft.kind} onChange={(event) => onDraft({ ...draft, kind: event.target.value as Draft["kind"] })}>
            {KINDS.map((kind) => <option key={kind} value={kind}>{words.kinds[kind]}</option>)}
          </select>
        </div>
      </div>
      <div className="field">
        <label className="name" htmlFor="question">{words.label}</label>
        <textarea
          id="question" ref={field} className="input" rows={2} maxLength={2000} placeholder={words.placeholder} value={draft.words} aria-describedby="lint"
          onChange={(event) => onDraft({ ...draft, words: event.target.value })}
          onKeyDown={(event) => {
            if (event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing) {
              event.preventDefault()
              onAsk()
            }
          }}
        />
      </div>
      {optional && (
        <div className="field">
          <label className="name" htmlFor="choices">{words.choices}</label>
          <textarea id="choices" className="input" rows={4} value={draft.choices} aria-describedby="choices-hint" onChange={(event) => onDraft({ ...draft, choices: event.target.value })} />
          <p id="choices-hint" className="small soft">{words.choicesHint[draft.kind as "choice"]}</p>
        </div>
      )}
      <div id="lint" className="lint" aria-live="polite">{draft.words.trim() !== "" && wording && wording.advice.length > 0 && <Advice wording={wording} />}</div>
      <div className="question-end">
        <button className="button first" type="submit" disabled={busy}>{busy ? words.sending : words.send}</button>
        {busy && <button className="button" type="button" onClick={onStop}>{words.stop}</button>}
        <p className="small soft" role="status">{lack ?? (draft.kind === "auto" && wording && draft.words.trim() !== "" ? fill(words.asked, { kind: words.kinds[wording.kind] }) : "")}</p>
      </div>
    </form>
  )
}

function TemplateChoice({ onTemplate }: { onTemplate: (template: Template) => void }) {
  const { language, words: all } = useSpeech()
  const words = all.ask.question
  const { data } = useQuery({ queryKey: ["templates"], queryFn: ({ signal }) => ask<TemplateList>("/api/v1/question-templates", { signal }), staleTime: Infinity })
  return (
    <div className="field">
      <label className="name" htmlFor="template">{words.templates}</label>
      <select
        id="template" className="input" value="" disabled={!data}
        onChange={(event) => {
          const chosen = data?.items.find((one) => one.key === event.target.value)
          if (chosen) onTemplate(chosen)
        }}
      >
        <option value="">{words.templatesNone}</option>
        {PURPOSES.map((purpose) => (
          <optgroup key={purpose} label={words.purposes[purpose]}>
            {data?.items.filter((one) => one.purpose === purpose).map((one) => <option key={one.key} value={one.key}>{one.title[language]}</option>)}
          </optgroup>
        ))}
      </select>
    </div>
  )
}

function Advice({ wording }: { wording: Wording }) {
  const { language, words } = useSpeech()
  return (
    <div className="note">
      <p><strong>{words.ask.lint.title}</strong></p>
      <ul>
        {wording.advice.map((one) => (
          <li key={one.code}>
            {one.found && <strong>{fill(words.ask.lint.found, { found: one.found })} </strong>}
            {one.why[language]}{language === "zh" ? "。" : ". "}
            <span className="soft">{one.instead[language]}</span>
          </li>
        ))}
      </ul>
    </div>
  )
}
