/** New material: drop it, choose the rules, begin. */
import { useQuery } from "@tanstack/react-query"
import { useState, type DragEvent, type RefObject } from "react"
import { ask } from "../../api/client"
import type { PolicyPage, Upload, UploadPage } from "../../api/shapes"
import { useExplained } from "../../states/States"
import { Icon } from "../../theme/Icon"
import { fill, useSpeech, useWords } from "../../words"
import { bytes } from "./measures"
import { useUploads, type Sending } from "./uploads"

export function UploadCard({ chooser }: { chooser: RefObject<HTMLInputElement | null> }) {
  const words = useWords().sessions.upload
  const explained = useExplained()
  const uploads = useUploads()
  const [over, setOver] = useState(false)
  const [policy, setPolicy] = useState("")
  const [step, setStep] = useState("")
  const busy = uploads.phase !== "choosing"
  const dragged = (event: DragEvent) => {
    event.preventDefault()
    setOver(event.type === "dragover")
    if (event.type === "drop") uploads.add(event.dataTransfer.files)
  }
  return (
    <section className={over ? "card upload over" : "card upload"} aria-label={words.title} onDragOver={dragged} onDragLeave={dragged} onDrop={dragged}>
      <div className="upload-head">
        <Icon name="upload" size={28} />
        <div>
          <h2>{words.drop}</h2>
          <p className="soft small">{words.hint}</p>
        </div>
        <input ref={chooser} id="upload-files" className="unseen" type="file" multiple tabIndex={-1} aria-label={words.choose} accept="video/*,image/*,.zip,.mkv,.flv,.ts" onChange={(event) => { uploads.add(event.target.files ?? []); event.target.value = "" }} />
        <button className="button" type="button" disabled={busy} onClick={() => chooser.current?.click()}>{words.choose}</button>
      </div>
      <Unfinished sending={uploads.list} />
      {uploads.list.length > 0 && (
        <form className="upload-form" onSubmit={(event) => { event.preventDefault(); void uploads.begin({ policy: policy || null, every_s: step === "" ? null : Number(step) }) }}>
          <ul className="upload-list">
            {uploads.list.map((one) => <UploadRow key={one.key} one={one} onPause={() => uploads.pause(one.key)} onRemove={() => uploads.remove(one.key)} />)}
          </ul>
          <div className="upload-rules">
            <PolicyChoice policy={policy} onPolicy={setPolicy} />
            <div className="field">
              <label className="name" htmlFor="step">{words.step}</label>
              <span className="with-unit"><input id="step" className="input figures" type="number" min="0.2" max="3600" step="0.1" placeholder={words.stepUsual} value={step} onChange={(event) => setStep(event.target.value)} /> {words.seconds}</span>
            </div>
            <button className="button first" type="submit" disabled={busy}>{uploads.phase === "sending" ? words.working : uploads.phase === "beginning" ? words.starting : words.begin}</button>
          </div>
        </form>
      )}
      <div role="status">
        {uploads.failure !== null && <p className="note">{explained(uploads.failure)}</p>}
        {uploads.begun > 0 && <p className="soft small">{fill(words.begun, { count: uploads.begun })}</p>}
      </div>
    </section>
  )
}

function UploadRow({ one, onPause, onRemove }: { one: Sending; onPause: () => void; onRemove: () => void }) {
  const words = useWords().sessions.upload
  const percent = one.file.size === 0 ? 100 : Math.floor((one.sent / one.file.size) * 100)
  const said = {
    chosen: "",
    waiting: words.waiting,
    sending: fill(words.progress, { sent: bytes(one.sent), size: bytes(one.file.size) }),
    paused: fill(words.paused, { percent }),
    broken: words.failed,
    done: words.done,
  }[one.state]
  return (
    <li className="upload-row">
      <span className="upload-name">{one.file.name} <span className="soft small figures">{bytes(one.file.size)}</span></span>
      <span className="soft small figures upload-said" aria-live={one.state === "sending" ? "off" : "polite"}>{said}</span>
      <span className="upload-actions">
        {one.state === "sending" && <button className="button quiet little" type="button" onClick={onPause}><Icon name="pause" size={16} /> {words.pause}</button>}
        <button className="button quiet little" type="button" onClick={onRemove} aria-label={`${one.state === "chosen" ? words.remove : words.cancel}: ${one.file.name}`}><Icon name="close" size={16} /></button>
      </span>
      <span className="bar" role="progressbar" aria-label={one.file.name} aria-valuemin={0} aria-valuemax={100} aria-valuenow={percent}><i style={{ width: `${percent}%` }} /></span>
    </li>
  )
}

function PolicyChoice({ policy, onPolicy }: { policy: string; onPolicy: (policy: string) => void }) {
  const { language, words: all } = useSpeech()
  const words = all.sessions.upload
  const { data } = useQuery({ queryKey: ["policies"], queryFn: ({ signal }) => ask<PolicyPage>("/api/v1/policies", { query: { limit: 200 }, signal }) })
  return (
    <div className="field">
      <label className="name" htmlFor="policy">{words.policy}</label>
      <select id="policy" className="input" value={policy} onChange={(event) => onPolicy(event.target.value)}>
        <option value="">{words.policyUsual}</option>
        {data?.items.map((one) => <option key={one.name} value={one.name}>{titleOf(one, language)}</option>)}
      </select>
    </div>
  )
}

function titleOf(one: PolicyPage["items"][number], language: "zh" | "en"): string {
  return "title" in one && one.title ? (one.title as Record<string, string>)[language] ?? one.name : one.name
}

/** What an earlier visit left half sent: the same file again goes on where it stopped. */
function Unfinished({ sending }: { sending: Sending[] }) {
  const words = useWords().sessions.upload
  const { data } = useQuery({ queryKey: ["uploads"], queryFn: ({ signal }) => ask<UploadPage>("/api/v1/uploads", { signal }), staleTime: Infinity })
  const names = new Set(sending.map((one) => one.file.name))
  const left = data?.items.filter((one: Upload) => !one.complete && one.received > 0 && !names.has(one.name)).slice(0, 3) ?? []
  return left.map((one) => (
    <p key={one.id} className="note small">{fill(words.unfinished, { name: one.name, percent: Math.floor((one.received / one.size) * 100) })}</p>
  ))
}
