/**
 * idolens for pages: take a picture of what is seen, ask about it.
 *
 *   import { idolens } from "http://127.0.0.1:8080/sdk.js"
 *   const studio = idolens({ key: "idl_…" })
 *   const shot = await studio.capture(document.querySelector("video"))
 *   console.log((await shot.ask("画面中是否有未授权LOGO?")).answer)
 *
 * No dependencies. A page of another origin must be named in the setting `page_origins`
 * and needs a key that may `ask`; a key in a page can be read by whoever opens it.
 */

const HOME = new URL(import.meta.url).origin
const SIDE = 1024

/** What the service said instead of an answer: `code` for programs, `zh` and `en`. */
export class Refused extends Error {
  constructor(problem, status) {
    super(problem?.title ?? `HTTP ${status}`)
    this.name = "Refused"
    this.status = status
    this.code = problem?.code ?? "unknown"
    this.zh = problem?.message?.zh ?? this.message
    this.en = problem?.message?.en ?? this.message
    this.errors = problem?.errors ?? []
  }
}

/** Return a studio at `url`; without one, where this file came from. */
export function idolens({ url = HOME, key = null } = {}) {
  const ask = async (picture, question, { kind, choices, signal } = {}) => {
    const headers = { "Content-Type": "application/json" }
    if (key) headers.Authorization = `Bearer ${key}`
    const body = JSON.stringify({ image: await base64(picture), question, kind, choices })
    const reply = await fetch(new URL("/vlm/infer", url), {
      method: "POST",
      headers,
      body,
      signal,
      credentials: url === HOME ? "same-origin" : "omit",
    })
    const said = await reply.json().catch(() => null)
    if (!reply.ok) throw new Refused(said, reply.status)
    return said
  }
  return {
    /** Take a picture of an `<img>`, `<video>`, `<canvas>`, a Blob or `"screen"`. */
    async capture(source, { side = SIDE } = {}) {
      const picture = await taken(source, side)
      return { picture, ask: (question, options) => ask(picture, question, options) }
    },
    ask,
  }
}

async function taken(source, side) {
  if (source instanceof Blob) return source
  if (source === "screen") return await screen(side)
  const [width, height] = sizeOf(source)
  if (!width || !height) throw new TypeError("The element shows nothing yet. 元素尚无画面。")
  return await drawn(source, width, height, side)
}

function sizeOf(source) {
  const wide = source?.videoWidth ?? source?.naturalWidth ?? source?.width
  const high = source?.videoHeight ?? source?.naturalHeight ?? source?.height
  return [wide, high]
}

/** Ask the person which screen, window or tab; take one picture; let go of it. */
async function screen(side) {
  const stream = await navigator.mediaDevices.getDisplayMedia({ video: true })
  try {
    const video = document.createElement("video")
    video.muted = true
    video.srcObject = stream
    await video.play()
    return await drawn(video, video.videoWidth, video.videoHeight, side)
  } finally {
    for (const track of stream.getTracks()) track.stop()
  }
}

/** Draw without enlarging; the service looks at 512 pixels in any case. */
async function drawn(source, width, height, side) {
  const scale = Math.min(1, side / Math.max(width, height))
  const canvas = document.createElement("canvas")
  canvas.width = Math.max(1, Math.round(width * scale))
  canvas.height = Math.max(1, Math.round(height * scale))
  canvas.getContext("2d").drawImage(source, 0, 0, canvas.width, canvas.height)
  const picture = await new Promise((done) => canvas.toBlob(done, "image/png"))
  if (!picture) throw new TypeError("The picture cannot be read. 无法读取画面。")
  return picture
}

async function base64(picture) {
  const bytes = new Uint8Array(await picture.arrayBuffer())
  let text = ""
  for (let at = 0; at < bytes.length; at += 32768) {
    text += String.fromCharCode(...bytes.subarray(at, at + 32768))
  }
  return btoa(text)
}
