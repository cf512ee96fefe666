import { AlertDialog } from "radix-ui"
import { fill, useWords } from "../../words"

export function CancelDialog({ name, open, onOpen, onCancel }: { name: string; open: boolean; onOpen: (open: boolean) => void; onCancel: () => void }) {
  const words = useWords().sessions.confirmCancel
  return (
    <AlertDialog.Root open={open} onOpenChange={onOpen}>
      <AlertDialog.Portal>
        <AlertDialog.Overlay className="veil" />
        <AlertDialog.Content className="dialog">
          <AlertDialog.Title asChild><h2>{fill(words.title, { name })}</h2></AlertDialog.Title>
          <AlertDialog.Description asChild><p className="soft">{words.body}</p></AlertDialog.Description>
          <div className="ends">
            <AlertDialog.Cancel asChild><button className="button" type="button">{words.no}</button></AlertDialog.Cancel>
            <AlertDialog.Action asChild><button className="button first" type="button" onClick={onCancel}>{words.yes}</button></AlertDialog.Action>
          </div>
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  )
}
