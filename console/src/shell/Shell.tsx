/** What stands around every page: navigation, keys, language, appearance, account. */
import { useEffect, useRef, useState, type ReactNode } from "react"
import { Link, useLocation } from "wouter"
import { useMe } from "../api/me"
import { KeyHelp } from "../keyboard/KeyHelp"
import { useGoTo } from "../keyboard/useGoTo"
import { useShortcuts } from "../keyboard/useShortcuts"
import { PAGES } from "../pages"
import { Icon } from "../theme/Icon"
import { fill, useWords } from "../words"
import { Account } from "./Account"
import { LanguageSwitch, ThemeSwitch } from "./switches"
import "./shell.css"

const LED = PAGES.filter((page) => page.key !== null)

export function Shell({ children }: { children: ReactNode }) {
  const words = useWords().shell
  const [path, go] = useLocation()
  const [helping, setHelping] = useState(false)
  const me = useMe()
  useFocusOnNewPage(path)
  useGoTo(Object.fromEntries(LED.map((page) => [page.key ?? "", page.path])), go)
  useShortcuts([{ key: "?", does: words.keys.help, run: () => setHelping(true) }])
  const everywhere = [
    { key: "?", does: words.keys.help, run: () => undefined },
    ...LED.map((page) => ({ key: `g ${page.key ?? ""}`, does: fill(words.keys.go, { page: words.pages[page.name] }), run: () => undefined })),
  ]
  return (
    <div className="shell">
      <a className="skip" href="#page" onClick={(event) => { event.preventDefault(); document.getElementById("page")?.focus() }}>{words.skip}</a>
      <header className="side">
        <p className="brand"><Icon name="look" size={24} /> idolens</p>
        <nav aria-label={words.navigation}>
          <ul>
            {LED.map((page) => (
              <li key={page.path}>
                <Link href={page.path} aria-current={isAt(path, page.path) ? "page" : undefined}>
                  <Icon name={page.icon} /> {words.pages[page.name]}
                </Link>
              </li>
            ))}
          </ul>
        </nav>
        <div className="side-foot">
          <button className="button quiet little help" type="button" onClick={() => setHelping(true)}>
            {words.keys.title} <kbd>?</kbd>
          </button>
          <LanguageSwitch />
          <ThemeSwitch />
          <Account />
        </div>
      </header>
      <main id="page" tabIndex={-1}>
        {me.data?.open_to_all && <p className="note warning" role="alert">{words.openToAll}</p>}
        {children}
      </main>
      <KeyHelp everywhere={everywhere} open={helping} onOpen={setHelping} />
    </div>
  )
}

function isAt(path: string, page: string): boolean {
  return page === "/" ? path === "/" : path === page || path.startsWith(`${page}/`)
}

/** A new page begins at its top, and whoever listens to it hears its beginning. */
function useFocusOnNewPage(path: string): void {
  const before = useRef(path)
  useEffect(() => {
    if (before.current === path) return
    before.current = path
    window.scrollTo(0, 0)
    document.getElementById("page")?.focus({ preventScroll: true })
  }, [path])
}
