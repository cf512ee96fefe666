import { signOut, useMe } from "../api/me"
import { forgetAsked } from "../pages/ask/asked"
import { Icon } from "../theme/Icon"
import { useWords } from "../words"

export function Account() {
  const words = useWords().shell
  const { data: me } = useMe()
  if (!me) return <div className="who" aria-hidden="true">&nbsp;</div>
  if (me.kind !== "account") return <p className="who soft">{words.openHouse}</p>
  const leave = () => {
    forgetAsked()
    void signOut()
  }
  return (
    <div className="who">
      <p><span className="unseen">{words.signedInAs} </span>{me.name} <span className="soft">· {me.role && words.roles[me.role]}</span></p>
      <button className="button quiet little" type="button" onClick={leave}><Icon name="leave" size={16} /> {words.signOut}</button>
    </div>
  )
}
