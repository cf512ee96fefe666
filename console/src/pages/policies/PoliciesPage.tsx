import { useQuery } from "@tanstack/react-query"
import { ask } from "../../api/client"
import type { PolicyPage } from "../../api/shapes"
import { Empty, Failed, Loading } from "../../states/States"
import { useWords } from "../../words"

export default function PoliciesPage() {
  const words = useWords().policies
  return (
    <div className="page">
      <div className="page-head"><div><h1>{words.title}</h1><p className="soft">{words.lead}</p></div></div>
      <PolicyList />
    </div>
  )
}

function PolicyList() {
  const words = useWords().policies
  const found = useQuery({ queryKey: ["policies"], queryFn: ({ signal }) => ask<PolicyPage>("/api/v1/policies", { query: { limit: 200 }, signal }) })
  if (found.error && !found.data) return <Failed error={found.error} retry={() => void found.refetch()} />
  if (!found.data) return <Loading />
  if (found.data.items.length === 0) return <Empty icon="policies" title={words.empty}><p>{words.emptyBody}</p></Empty>
  return <ul className="rows card">{found.data.items.map((one) => <li key={one.name}><strong>{one.name}</strong></li>)}</ul>
}
