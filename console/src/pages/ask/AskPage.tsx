/** Drop a picture, ask, see. */
import { useCallback, useEffect, useRef, useState } from "react"
import { usePageKeys } from "../../keyboard/KeyHelp"
import { useWords } from "../../words"
import { AnswerCard } from "./AnswerCard"
import { remember } from "./asked"
import { useAsking, type Question, type Reply } from "./asking"
import { pictureOf, thumbnailOf, type Picture } from "./capture"
import { History } from "./History"
import { PictureStage } from "./PictureStage"
import { NO_DRAFT, QuestionForm, useWording, type Draft } from "./QuestionForm"
import "./ask.css"

export default function AskPage() {
  const words = useWords().ask
  const [picture, takePicture] = usePicture()
  const [draft, setDraft] = useState<Draft>(NO_DRAFT)
  const [lack, setLack] = useState<"needPicture" | "needWords" | null>(null)
  const chooser = useRef<HTMLInputElement>(null)
  const field = useRef<HTMLTextAreaElement>(null)
  const { data: wording } = useWording(draft.words)
  const { reply, start, stop, forget } = useAsking(keepAsked)

  const onPicture = useCallback((blob: Blob | null) => {
    takePicture(blob)
    setLack(null)
    forget()
  }, [takePicture, forget])
  const send = () => {
    const missing = !picture ? "needPicture" : draft.words.trim() === "" ? "needWords" : null
    setLack(missing)
    if (missing === "needPicture") chooser.current?.click()
    if (missing === "needWords") field.current?.focus()
    if (picture && !missing) void start(picture.blob, asQuestion(draft, wording?.kind ?? null))
  }
  usePageKeys([
    { key: "/", does: words.keys.question, run: () => field.current?.focus() },
    { key: "o", does: words.keys.file, run: () => chooser.current?.click() },
    { key: "Enter", does: words.keys.send, run: send },
  ])
  return (
    <div className="page">
      <div className="page-head"><div><h1>{words.title}</h1><p className="soft">{words.lead}</p></div></div>
      <div className="ask">
        <PictureStage picture={picture} chooser={chooser} onPicture={onPicture} />
        <div className="ask-side">
          <QuestionForm draft={draft} wording={wording} field={field} busy={reply.state === "asking"} lack={lack && words.question[lack]} onDraft={setDraft} onAsk={send} onStop={stop} />
          <AnswerCard reply={reply} retry={send} />
        </div>
      </div>
      <History onAgain={(asked) => { setDraft({ words: asked.question, kind: asked.kind, choices: asked.choices.join("\n") }); field.current?.focus() }} />
    </div>
  )
}

function usePicture(): [Picture | null, (blob: Blob | null) => void] {
  const [picture, setPicture] = useState<Picture | null>(null)
  useEffect(() => () => { if (picture) URL.revokeObjectURL(picture.url) }, [picture])
  return [picture, useCallback((blob: Blob | null) => setPicture(blob && pictureOf(blob)), [])]
}

function asQuestion(draft: Draft, expected: Question["expected"]): Question {
  const choices = draft.choices.split("\n").map((line) => line.trim()).filter(Boolean)
  const takes = draft.kind === "choice" || draft.kind === "score" || draft.kind === "tags"
  return { words: draft.words.trim(), kind: draft.kind, choices: takes ? choices : [], expected }
}

function keepAsked(question: Question, picture: Blob, reply: Reply): void {
  if (reply.state !== "typed" && reply.state !== "words") return
  const typed = reply.state === "typed"
  const answer = typed ? reply.answer.answer : reply.words
  const probability = typed && reply.answer.status === "ok" ? reply.answer.probability : null
  void thumbnailOf(picture).then((thumbnail) =>
    remember({ at: Date.now(), question: question.words, kind: question.kind, choices: question.choices, answer, probability, thumbnail }),
  )
}
