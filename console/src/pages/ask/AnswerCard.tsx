/** The answer: typed with the probability of every option, or in words as they come. */
import { useState } from "react"
import type { Answer } from "../../api/shapes"
import { Empty, Failed } from "../../states/States"
import { fill, useSpeech, useWords } from "../../words"
import type { Reply } from "./asking"
import { named } from "./named"

const LOW_MASS = 0.5

export function AnswerCard({ reply, retry }: { reply: Reply; retry: () => void }) {
  const words = useWords().ask.answer
  return (
    <section className="card answer" aria-label={words.title} aria-live="polite" aria-busy={reply.state === "asking"}>
      <Told reply={reply} retry={retry} />
    </section>
  )
}

function Told({ reply, retry }: { reply: Reply; retry: () => void }) {
  const words = useWords().ask
  switch (reply.state) {
    case "none":
      return <Empty icon="ask" inside title={words.answer.empty}><p>{words.answer.emptyBody}</p></Empty>
    case "asking":
      return reply.words === "" ? <Pending /> : <p className="answer-words">{reply.words}<i className="caret" aria-hidden="true" /></p>
    case "failed":
      return <Failed error={reply.error} retry={retry} inside />
    case "words":
      return (
        <>
          <p className="answer-words">{reply.words}</p>
          <div className="answer-facts">
            <p className="small soft figures">{fill(words.answer.by, { model: reply.model, ms: reply.ms })}{reply.stopped && ` · ${words.answer.stopped}`}</p>
            <Copy text={reply.words} />
          </div>
        </>
      )
    case "typed":
      return <TypedAnswer answer={reply.answer} />
  }
}

function Pending() {
  const words = useWords().ask.question
  return (
    <div className="answer-pending" role="status">
      <span className="unseen">{words.sending}</span>
      <i /><i /><i />
    </div>
  )
}

function TypedAnswer({ answer }: { answer: Answer }) {
  const { language, words: all } = useSpeech()
  const words = all.ask.answer
  const options = Object.entries(answer.options).sort(([, one], [, other]) => other - one)
  return (
    <>
      <p className="answer-value">{answer.status === "ok" ? said(answer, language) : named("cannot_tell", language)}</p>
      {answer.status === "cannot_tell" && <p className="soft">{words.cannotTell}</p>}
      {(answer.status === "invalid" || answer.status === "error") && <p className="soft">{words.invalid}</p>}
      {options.length > 0 && (
        <ul className="options" aria-label={words.probability}>
          {options.map(([option, probability]) => (
            <li key={option}>
              <span>{named(option, language)}</span>
              <span className="figures soft">{percent(probability)}</span>
              <span className="bar" aria-hidden="true"><i style={{ width: `${probability * 100}%` }} /></span>
            </li>
          ))}
        </ul>
      )}
      {answer.label_mass !== null && (
        <div className="mass">
          <p className="small soft">{words.labelMass} <span className="figures">{percent(answer.label_mass)}</span>{answer.label_mass < LOW_MASS && ` · ${words.labelMassLow}`}</p>
        </div>
      )}
      <div className="answer-facts">
        <p className="small soft figures">{fill(words.by, { model: answer.model, ms: Math.round(answer.latency_ms) })}</p>
        {answer.demonstration && <p className="small soft">{words.demonstration}</p>}
        {answer.reduced && answer.reduced.length > 0 && <p className="small soft">{words.reduced}</p>}
        <Copy text={answer.answer} />
      </div>
    </>
  )
}

function said(answer: Answer, language: "zh" | "en"): string {
  if (answer.kind === "yes_no" && typeof answer.value === "string") return named(answer.value, language)
  return answer.answer
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(share > 0.995 || share < 0.005 ? 1 : 0)} %`
}

function Copy({ text }: { text: string }) {
  const words = useWords().ask.answer
  const [copied, setCopied] = useState("")
  if (!("clipboard" in navigator)) return null
  return (
    <button className="button quiet little" type="button" onClick={() => void navigator.clipboard.writeText(text).then(() => setCopied(text))}>
      {copied === text ? words.copied : words.copy}
    </button>
  )
}
