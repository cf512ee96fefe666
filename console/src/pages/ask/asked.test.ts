import { renderHook, act } from "@testing-library/react"
import { beforeEach, expect, it, vi } from "vitest"
import { forgetAsked, remember, useAsked, type Asked } from "./asked"

const asked = (at: number, thumbnail = ""): Asked => ({ at, question: "有人吗?", kind: "yes_no", choices: [], answer: "是", probability: 0.9, thumbnail })

beforeEach(() => forgetAsked())

it("shows the newest first, and forgets all at once", () => {
  const { result } = renderHook(() => useAsked())
  act(() => { remember(asked(1)); remember(asked(2)) })
  expect(result.current.map((one) => one.at)).toEqual([2, 1])
  act(() => forgetAsked())
  expect(result.current).toEqual([])
})

it("keeps fewer where the browser has no room", () => {
  const { result } = renderHook(() => useAsked())
  act(() => { for (let at = 1; at <= 8; at++) remember(asked(at)) })
  const room = vi.spyOn(Storage.prototype, "setItem").mockImplementationOnce(() => { throw new DOMException("full", "QuotaExceededError") })
  act(() => remember(asked(9)))
  expect(result.current.map((one) => one.at)).toEqual([9, 8, 7, 6])
  room.mockRestore()
})

it("begins anew where something else stands in its place", () => {
  localStorage.setItem("idolens.asked", "{broken")
  const { result } = renderHook(() => useAsked())
  expect(result.current).toEqual([])
})
