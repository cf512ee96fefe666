/** Reads server-sent events from a reply, so that a request may carry headers of its own. */
export interface ServerEvent {
  event: string
  data: string
  id: string | null
}

/** Take text in pieces; give back the events that are whole. */
export class EventReader {
  private rest = ""
  private event = "message"
  private data: string[] = []
  private id: string | null = null

  read(text: string): ServerEvent[] {
    const lines = (this.rest + text).split(/\r\n|\n|\r(?!$)/)
    this.rest = lines.pop() ?? ""
    return lines.flatMap((line) => this.line(line))
  }

  private line(line: string): ServerEvent[] {
    if (line === "") return this.whole()
    const [, name = "", value = ""] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? []
    if (name === "data") this.data.push(value)
    else if (name === "event") this.event = value
    else if (name === "id") this.id = value
    return []
  }

  private whole(): ServerEvent[] {
    const told = this.data.length > 0 ? [{ event: this.event, data: this.data.join("\n"), id: this.id }] : []
    this.event = "message"
    this.data = []
    return told
  }
}

/** Give the events of a reply as they come. */
export async function* eventsOf(reply: Response): AsyncGenerator<ServerEvent> {
  if (!reply.body) return
  const pieces = reply.body.pipeThrough(new TextDecoderStream()).getReader()
  const reader = new EventReader()
  try {
    for (;;) {
      const { done, value } = await pieces.read()
      if (done) return
      yield* reader.read(value)
    }
  } finally {
    await pieces.cancel().catch(() => undefined)
  }
}
