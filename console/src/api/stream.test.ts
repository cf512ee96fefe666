import { describe, expect, it } from "vitest"
import { EventReader } from "./stream"

const STREAM = 'id: 7\nevent: report\ndata: {"a":1}\n\n: ping\n\ndata: one\ndata: two\n\n'

describe("events", () => {
  it("come whole, however the text is cut", () => {
    const whole = new EventReader().read(STREAM)
    for (let cut = 0; cut <= STREAM.length; cut++) {
      const reader = new EventReader()
      expect([...reader.read(STREAM.slice(0, cut)), ...reader.read(STREAM.slice(cut))]).toEqual(whole)
    }
    expect(whole).toEqual([
      { event: "report", data: '{"a":1}', id: "7" },
      { event: "message", data: "one\ntwo", id: "7" },
    ])
  })

  it("end their lines as they like", () => {
    const reader = new EventReader()
    expect([...reader.read("data: a\r"), ...reader.read("\n\r\n")].map((one) => one.data)).toEqual(["a"])
  })

  it("are not told before they are whole", () => {
    expect(new EventReader().read("data: half")).toEqual([])
  })
})
