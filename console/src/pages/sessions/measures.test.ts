import { expect, it } from "vitest"
import { bytes, length } from "./measures"

it("writes lengths as clocks do", () => {
  expect([0, 9_400, 65_000, 3_600_000, 7_384_000].map(length)).toEqual(["0:00", "0:09", "1:05", "1:00:00", "2:03:04"])
})

it("writes sizes with the figures that matter", () => {
  expect([0, 999, 1000, 1_530_000, 123_400_000, 4_700_000_000].map(bytes)).toEqual(["0 B", "999 B", "1.0 KB", "1.5 MB", "123 MB", "4.7 GB"])
})
