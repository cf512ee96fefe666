/** Where the picture comes from: dropped, pasted, chosen, a camera, the screen, a video's frame. */
import { useCallback, useEffect, useRef, useState, type DragEvent, type RefObject } from "react"
import { Icon } from "../../theme/Icon"
import { useWords } from "../../words"
import { canCapture, frameOf, letGo, ofScreen, readable, type Picture } from "./capture"

type Source = { kind: "none" } | { kind: "video"; url: string } | { kind: "camera"; stream: MediaStream }
type Trouble = "insecure" | "refused" | "unreadable" | null

interface Stage {
  picture: Picture | null
  chooser: RefObject<HTMLInputElement | null>
  onPicture: (blob: Blob | null) => void
}

export function PictureStage({ picture, chooser, onPicture }: Stage) {
  const words = useWords().ask.picture
  const [source, setSource] = useState<Source>({ kind: "none" })
  const [trouble, setTrouble] = useState<Trouble>(null)
  const [over, setOver] = useState(false)
  const { taken, withVideo } = useSources(onPicture, setSource, setTrouble)
  usePasted(taken)
  useEffect(() => () => release(source), [source])

  const dragged = (event: DragEvent) => {
    event.preventDefault()
    setOver(event.type === "dragover")
    if (event.type === "drop") taken(event.dataTransfer.files[0])
  }
  const live = source.kind !== "none"
  return (
    <section className="card stage-card" aria-label={words.label}>
      <div className={over ? "stage over" : "stage"} onDragOver={dragged} onDragLeave={dragged} onDrop={dragged}>
        {live ? <LiveSource source={source} /> : picture ? <img src={picture.url} alt={words.alt} /> : (
          <div className="stage-empty">
            <Icon name="picture" size={44} />
            <p>{words.drop}</p>
          </div>
        )}
      </div>
      <div className="stage-bar">
        <input ref={chooser} id="picture-file" className="unseen" type="file" accept="image/*,video/*" tabIndex={-1} aria-label={words.choose} onChange={(event) => { taken(event.target.files?.[0]); event.target.value = "" }} />
        {live ? (
          <>
            <button className="button first" type="button" onClick={() => void withVideo(source)}>{source.kind === "camera" ? words.takeCamera : words.takeFrame}</button>
            <button className="button" type="button" onClick={() => setSource({ kind: "none" })}>{source.kind === "camera" ? words.stop : words.remove}</button>
            {source.kind === "video" && <p className="soft small">{words.video}</p>}
          </>
        ) : (
          <>
            <button className="button" type="button" onClick={() => chooser.current?.click()}><Icon name="upload" /> {picture ? words.remove : words.choose}</button>
            <button className="button" type="button" onClick={() => void openCamera(setSource, setTrouble)}><Icon name="camera" /> {words.camera}</button>
            <button className="button" type="button" onClick={() => void takeScreen(taken, setTrouble)}><Icon name="screen" /> {words.screen}</button>
          </>
        )}
      </div>
      <p className="small soft stage-said" role="status">{trouble && words[trouble]}</p>
    </section>
  )
}

function LiveSource({ source }: { source: Source }) {
  const label = useWords().ask.picture.video
  const shown = useRef<HTMLVideoElement>(null)
  useEffect(() => {
    if (shown.current && source.kind === "camera") shown.current.srcObject = source.stream
  }, [source])
  const camera = source.kind === "camera"
  return <video id="picture-source" ref={shown} aria-label={label} muted playsInline autoPlay={camera} controls={!camera} {...(source.kind === "video" ? { src: source.url } : {})} />
}

function useSources(onPicture: Stage["onPicture"], setSource: (source: Source) => void, setTrouble: (trouble: Trouble) => void) {
  const taken = useCallback((file: Blob | null | undefined) => {
    if (!file) return
    setTrouble(null)
    if (file.type.startsWith("video/")) {
      setSource({ kind: "video", url: URL.createObjectURL(file) })
      return
    }
    void readable(file).then((fine) => {
      if (!fine) return setTrouble("unreadable")
      setSource({ kind: "none" })
      onPicture(file)
    })
  }, [onPicture, setSource, setTrouble])
  const withVideo = async (source: Source) => {
    const video = document.getElementById("picture-source")
    if (source.kind === "none" || !(video instanceof HTMLVideoElement)) return
    try {
      const blob = await frameOf(video)
      setSource({ kind: "none" })
      onPicture(blob)
    } catch {
      setTrouble("unreadable")
    }
  }
  return { taken, withVideo }
}

function usePasted(taken: (file: Blob | undefined) => void): void {
  useEffect(() => {
    const pasted = (event: ClipboardEvent) => {
      const file = event.clipboardData?.files[0]
      if (!file) return // text goes where the cursor is
      event.preventDefault()
      taken(file)
    }
    document.addEventListener("paste", pasted)
    return () => document.removeEventListener("paste", pasted)
  }, [taken])
}

async function openCamera(setSource: (source: Source) => void, setTrouble: (trouble: Trouble) => void): Promise<void> {
  if (!canCapture()) { setTrouble("insecure"); return; }
  try {
    setSource({ kind: "camera", stream: await navigator.mediaDevices.getUserMedia({ video: true }) })
    setTrouble(null)
  } catch {
    setTrouble("refused")
  }
}

async function takeScreen(taken: (file: Blob) => void, setTrouble: (trouble: Trouble) => void): Promise<void> {
  if (!canCapture()) { setTrouble("insecure"); return; }
  try {
    taken(await ofScreen())
  } catch {
    setTrouble("refused")
  }
}

function release(source: Source): void {
  if (source.kind === "camera") letGo(source.stream)
  if (source.kind === "video") URL.revokeObjectURL(source.url)
}
