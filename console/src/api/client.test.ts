import { afterEach, describe, expect, it, vi } from "vitest"
import { ask, Refusal, type Problem } from "./client"

const PROBLEM: Problem = {
  type: "urn:idolens:problem:invalid_fields", title: "字段有误。", status: 422, code: "invalid_fields",
  message: { zh: "字段有误。", en: "Some fields are wrong." },
  errors: [{ field: "every_s", zh: "数值过小", en: "is too small" }],
}
const answering = (body: string, status: number) => vi.stubGlobal("fetch", () => Promise.resolve(new Response(body, { status })))

afterEach(() => vi.unstubAllGlobals())

describe("a refusal", () => {
  it("speaks the reader's language, with the fields at fault", async () => {
    answering(JSON.stringify(PROBLEM), 422)
    const refusal = await ask("/api/v1/sessions").catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(Refusal)
    expect((refusal as Refusal).said("zh")).toBe("字段有误。；every_s: 数值过小")
    expect((refusal as Refusal).said("en")).toBe("Some fields are wrong. every_s: is too small")
  })

  it("is told from a page of somebody else's, which says nothing", async () => {
    answering("<html>Bad gateway</html>", 502)
    const refusal = (await ask("/readyz").catch((error: unknown) => error)) as Refusal
    expect(refusal.status).toBe(502)
    expect(refusal.said("en")).toBeNull()
  })
})

it("leaves out what is not asked for", async () => {
  const fetched = vi.fn<(path: string) => Promise<Response>>(() => Promise.resolve(new Response("{}")))
  vi.stubGlobal("fetch", fetched)
  await ask("/api/v1/sessions", { query: { limit: 5, cursor: null, state: undefined } })
  expect(fetched.mock.calls[0]?.[0]).toBe("/api/v1/sessions?limit=5")
})
