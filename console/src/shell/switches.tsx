import { ToggleGroup } from "radix-ui"
import { Icon, type IconName } from "../theme/Icon"
import { useTheme, type Theme } from "../theme/useTheme"
import { useSpeech } from "../words"

const THEMES: [Theme, IconName][] = [["system", "system"], ["light", "sun"], ["dark", "moon"]]

export function LanguageSwitch() {
  const { language, words, speak } = useSpeech()
  return (
    <ToggleGroup.Root className="switch" type="single" value={language} aria-label={words.shell.language} onValueChange={(chosen) => { if (chosen === "zh" || chosen === "en") speak(chosen) }}>
      <ToggleGroup.Item value="zh" lang="zh-CN">中文</ToggleGroup.Item>
      <ToggleGroup.Item value="en" lang="en">English</ToggleGroup.Item>
    </ToggleGroup.Root>
  )
}

export function ThemeSwitch() {
  const { words } = useSpeech()
  const [theme, choose] = useTheme()
  return (
    <ToggleGroup.Root className="switch" type="single" value={theme} aria-label={words.shell.theme} onValueChange={(chosen) => { if (chosen) choose(chosen as Theme) }}>
      {THEMES.map(([name, icon]) => (
        <ToggleGroup.Item key={name} value={name} aria-label={words.shell.themes[name]} title={words.shell.themes[name]}>
          <Icon name={icon} size={16} />
        </ToggleGroup.Item>
      ))}
    </ToggleGroup.Root>
  )
}
