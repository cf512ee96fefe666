/** The words of the console in the reader's language. */
import { createContext, useCallback, useContext, useEffect, useMemo, useState, type ReactNode } from "react"
import type { Language } from "../api/client"
import { keep, kept } from "../theme/kept"
import { en } from "./en"
import { zh } from "./zh"

export type Words = typeof en
interface Speech {
  language: Language
  words: Words
  speak: (language: Language) => void
}

const Spoken = createContext<Speech | null>(null)
const NAME = "idolens.language"

export function Speaking({ children }: { children: ReactNode }) {
  const [language, setLanguage] = useState<Language>(first)
  useEffect(() => {
    document.documentElement.lang = language === "zh" ? "zh-CN" : "en"
  }, [language])
  const speak = useCallback((chosen: Language) => {
    keep(NAME, chosen)
    setLanguage(chosen)
  }, [])
  const speech = useMemo(() => ({ language, words: language === "zh" ? zh : en, speak }), [language, speak])
  return <Spoken.Provider value={speech}>{children}</Spoken.Provider>
}

export function useSpeech(): Speech {
  const speech = useContext(Spoken)
  if (!speech) throw new Error("useSpeech needs <Speaking>")
  return speech
}

export const useWords = (): Words => useSpeech().words

/** Put values where `{name}` stands. */
export function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole))
}

function first(): Language {
  const chosen = kept(NAME)
  if (chosen === "zh" || chosen === "en") return chosen
  return navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en"
}
