import { useEffect, useState } from "react"
import { keep, kept } from "./kept"

export type Theme = "system" | "light" | "dark"
const NAME = "idolens.theme"

export function useTheme(): [Theme, (theme: Theme) => void] {
  const [theme, setTheme] = useState<Theme>(first)
  useEffect(() => {
    const root = document.documentElement
    if (theme === "system") delete root.dataset.theme
    else root.dataset.theme = theme
  }, [theme])
  const choose = (chosen: Theme) => {
    keep(NAME, chosen === "system" ? null : chosen)
    setTheme(chosen)
  }
  return [theme, choose]
}

function first(): Theme {
  const chosen = kept(NAME)
  return chosen === "light" || chosen === "dark" ? chosen : "system"
}
