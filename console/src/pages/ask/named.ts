import type { Language } from "../../api/client"

const NAMES: Record<string, Record<Language, string>> = {
  yes: { zh: "是", en: "Yes" },
  no: { zh: "否", en: "No" },
  cannot_tell: { zh: "无法判断", en: "Cannot tell" },
}

/** The name of an option that the service knows by a word of its own; all others are the asker's. */
export function named(option: string, language: Language): string {
  return NAMES[option]?.[language] ?? option
}
