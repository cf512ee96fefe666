import { expect, it } from "vitest"
import { en } from "./en"
import { fill } from "./index"
import { zh } from "./zh"

function leaves(words: object, path = ""): [string, string][] {
  return Object.entries(words).flatMap(([key, value]) =>
    typeof value === "object" && value !== null ? leaves(value as object, `${path}${key}.`) : [[`${path}${key}`, String(value)] as [string, string]],
  )
}
const places = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(([place]) => place).sort()

it("says everything in both languages, with the same values", () => {
  const chinese = new Map(leaves(zh))
  for (const [key, text] of leaves(en)) {
    expect(chinese.get(key), key).toBeTruthy()
    expect(places(chinese.get(key) ?? ""), key).toEqual(places(text))
  }
})

it("puts values in their places", () => {
  expect(fill("{done} of {total}", { done: 3, total: 9 })).toBe("3 of 9")
})
