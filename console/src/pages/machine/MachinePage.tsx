import { useQuery } from "@tanstack/react-query"
import { ask } from "../../api/client"
import type { EngineList } from "../../api/shapes"
import { Failed, Loading } from "../../states/States"
import { useSpeech } from "../../words"

export default function MachinePage() {
  const { words: all } = useSpeech()
  const words = all.machine
  return (
    <div className="page">
      <div className="page-head"><div><h1>{words.title}</h1><p className="soft">{words.lead}</p></div></div>
      <h2>{words.engines}</h2>
      <Engines />
    </div>
  )
}

function Engines() {
  const { language, words: all } = useSpeech()
  const words = all.machine
  const found = useQuery({ queryKey: ["engines"], queryFn: ({ signal }) => ask<EngineList>("/api/v1/engines", { signal }) })
  if (found.error && !found.data) return <Failed error={found.error} retry={() => void found.refetch()} />
  if (!found.data) return <Loading />
  return (
    <ul className="rows card">
      {found.data.items.map((one) => (
        <li key={one.name}>
          <div><strong>{one.name}</strong> <span className="soft">{one.title[language]}</span>{one.obstacle && <p className="soft small">{one.obstacle[language]}</p>}</div>
          <span className={one.chosen ? "chip accent" : "chip"}>{one.chosen ? words.chosen : one.here ? words.here : words.away}</span>
        </li>
      ))}
    </ul>
  )
}
