/** All keys of the page that is shown, under `?`. */
import { Dialog } from "radix-ui"
import { createContext, useContext, useEffect, useMemo, useState, type ReactNode } from "react"
import { useWords } from "../words"
import { useShortcuts, type Shortcut } from "./useShortcuts"

interface Board {
  shown: Shortcut[]
  show: (shortcuts: Shortcut[]) => void
}
const Keys = createContext<Board>({ shown: [], show: () => undefined })

export function Keyboard({ children }: { children: ReactNode }) {
  const [shown, show] = useState<Shortcut[]>([])
  const board = useMemo(() => ({ shown, show }), [shown])
  return <Keys.Provider value={board}>{children}</Keys.Provider>
}

/** Bind a page's keys, and list them under `?` while the page is shown. */
export function usePageKeys(shortcuts: Shortcut[]): void {
  const { show } = useContext(Keys)
  const told = shortcuts.map((one) => `${one.key}\n${one.does}`).join("\n")
  useShortcuts(shortcuts)
  useEffect(() => {
    show(shortcuts)
    return () => show([])
    // eslint-disable-next-line react-hooks/exhaustive-deps -- what they do may be new each time; what they say is not
  }, [told, show])
}

export function KeyHelp({ everywhere, open, onOpen }: { everywhere: Shortcut[]; open: boolean; onOpen: (open: boolean) => void }) {
  const words = useWords().shell.keys
  const { shown } = useContext(Keys)
  return (
    <Dialog.Root open={open} onOpenChange={onOpen}>
      <Dialog.Portal>
        <Dialog.Overlay className="veil" />
        <Dialog.Content className="dialog" aria-describedby={undefined}>
          <Dialog.Title asChild><h2>{words.title}</h2></Dialog.Title>
          {shown.length > 0 && <KeyList title={words.onThisPage} keys={shown} />}
          <KeyList title={words.everywhere} keys={everywhere} />
          <p className="soft small">{words.never}</p>
          <div className="ends">
            <Dialog.Close asChild><button className="button" type="button">{words.close}</button></Dialog.Close>
          </div>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  )
}

function KeyList({ title, keys }: { title: string; keys: Shortcut[] }) {
  return (
    <section>
      <h3>{title}</h3>
      <dl className="keys">
        {keys.map((one) => (
          <div key={one.key} style={{ display: "contents" }}>
            <dt>{one.does}</dt>
            <dd><kbd>{one.key}</kbd></dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
