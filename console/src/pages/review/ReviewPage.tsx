import { Link } from "wouter"
import { Empty } from "../../states/States"
import { useWords } from "../../words"

export default function ReviewPage() {
  const words = useWords().review
  return (
    <div className="page">
      <div className="page-head"><div><h1>{words.title}</h1><p className="soft">{words.lead}</p></div></div>
      <Empty icon="review" title={words.empty} action={<Link className="button first" href="/sessions">{words.toSessions}</Link>}><p>{words.emptyBody}</p></Empty>
    </div>
  )
}
