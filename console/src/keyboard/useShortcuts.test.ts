import { renderHook } from "@testing-library/react"
import { afterEach, beforeEach, expect, it, vi } from "vitest"
import { useShortcuts } from "./useShortcuts"

const run = vi.fn()
const press = (on: Element, key: string, more: KeyboardEventInit = {}) =>
  on.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more }))

beforeEach(() => {
  document.body.innerHTML = "<input id=words><input id=share type=range><textarea id=more></textarea><button id=button></button>"
  renderHook(() => useShortcuts([{ key: "c", does: "confirm", run }, { key: "Enter", does: "open", run }]))
})
afterEach(() => {
  document.body.innerHTML = ""
  run.mockReset()
})
const at = (id: string) => document.getElementById(id) ?? document.body

it("runs on the page, and on a slider, which takes no letters", () => {
  press(document.body, "c")
  press(at("share"), "c")
  expect(run).toHaveBeenCalledTimes(2)
})

it("never runs while somebody types or composes", () => {
  press(at("words"), "c")
  press(at("more"), "c")
  press(document.body, "c", { isComposing: true })
  press(document.body, "c", { keyCode: 229 })
  expect(run).not.toHaveBeenCalled()
})

it("leaves the browser its own keys, and a button its Enter", () => {
  press(document.body, "c", { ctrlKey: true })
  press(document.body, "c", { metaKey: true })
  press(at("button"), "Enter")
  expect(run).not.toHaveBeenCalled()
})

it("leaves an open dialog alone", () => {
  document.body.insertAdjacentHTML("beforeend", "<div role=dialog></div>")
  press(document.body, "c")
  expect(run).not.toHaveBeenCalled()
})
