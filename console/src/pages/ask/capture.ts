/** Takes pictures of what the browser shows: a camera, a screen, a moment of a video. */
const SIDE = 1024
const THUMBNAIL = 96

export interface Picture {
  blob: Blob
  /** An object URL; whoever takes the picture off revokes it. */
  url: string
}

type Drawable = HTMLVideoElement | ImageBitmap

/** Tell whether this page may ask for camera and screen at all. */
export const canCapture = (): boolean => "mediaDevices" in navigator

export function pictureOf(blob: Blob): Picture {
  return { blob, url: URL.createObjectURL(blob) }
}

/** Tell whether a file is a picture that this browser can read. */
export async function readable(file: Blob): Promise<boolean> {
  try {
    ;(await createImageBitmap(file)).close()
    return true
  } catch {
    return false
  }
}

export async function frameOf(video: HTMLVideoElement): Promise<Blob> {
  return drawn(video, video.videoWidth, video.videoHeight, SIDE, "image/png")
}

/** Ask for a screen, window or tab; take one picture; let go of it. */
export async function ofScreen(): Promise<Blob> {
  const stream = await navigator.mediaDevices.getDisplayMedia({ video: true })
  const video = document.createElement("video")
  try {
    video.muted = true
    video.srcObject = stream
    await video.play()
    return await frameOf(video)
  } finally {
    letGo(stream)
  }
}

export function letGo(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop()
}

/** A picture small enough to keep in the browser. */
export async function thumbnailOf(blob: Blob): Promise<string> {
  const bitmap = await createImageBitmap(blob)
  try {
    return await dataUrl(await drawn(bitmap, bitmap.width, bitmap.height, THUMBNAIL, "image/jpeg"))
  } finally {
    bitmap.close()
  }
}

export function dataUrl(blob: Blob): Promise<string> {
  return new Promise((done, failed) => {
    const reader = new FileReader()
    reader.onload = () => done(reader.result as string)
    reader.onerror = () => failed(reader.error ?? new Error("unreadable"))
    reader.readAsDataURL(blob)
  })
}

async function drawn(source: Drawable, width: number, height: number, side: number, kind: string): Promise<Blob> {
  const scale = Math.min(1, side / Math.max(width, height))
  const canvas = document.createElement("canvas")
  canvas.width = Math.max(1, Math.round(width * scale))
  canvas.height = Math.max(1, Math.round(height * scale))
  canvas.getContext("2d")?.drawImage(source, 0, 0, canvas.width, canvas.height)
  const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, kind, 0.8))
  if (!blob) throw new TypeError("the picture cannot be read")
  return blob
}
