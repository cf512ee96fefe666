/** Lengths, sizes and times as a person reads them. */
import type { Language } from "../../api/client"

/** Write a length as h:mm:ss, or m:ss. */
export function length(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  const tail = `${String(minutes).padStart(hours ? 2 : 1, "0")}:${String(rest).padStart(2, "0")}`
  return hours ? `${hours}:${tail}` : tail
}

const UNITS = ["B", "KB", "MB", "GB", "TB"]

export function bytes(size: number): string {
  const at = size < 1000 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(size) / 3))
  const value = size / 1000 ** at
  return `${value.toFixed(at === 0 || value >= 100 ? 0 : 1)} ${UNITS[at] ?? ""}`
}

/** Write a time of a list: without the year where it is this one. */
export function moment(utc: string, language: Language, now = new Date()): string {
  const at = new Date(utc)
  const year = at.getFullYear() === now.getFullYear() ? {} : { year: "numeric" as const }
  return new Intl.DateTimeFormat(language === "zh" ? "zh-CN" : "en-GB", { ...year, month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" }).format(at)
}
