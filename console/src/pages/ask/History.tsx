import { useWords } from "../../words"
import { percent } from "./AnswerCard"
import { forgetAsked, useAsked, type Asked } from "./asked"

export function History({ onAgain }: { onAgain: (asked: Asked) => void }) {
  const words = useWords().ask.history
  const asked = useAsked()
  return (
    <section className="history" aria-labelledby="history-title">
      <div className="page-head">
        <h2 id="history-title">{words.title}</h2>
        {asked.length > 0 && <button className="button quiet little" type="button" onClick={forgetAsked}>{words.clear}</button>}
      </div>
      {asked.length === 0 ? <p className="soft">{words.empty}</p> : (
        <ol className="history-list">
          {asked.map((one) => (
            <li key={one.at}>
              <button type="button" className="history-one card" title={words.again} onClick={() => onAgain(one)}>
                <img src={one.thumbnail} alt="" width={56} height={56} />
                <span className="history-words">
                  <span className="soft small">{one.question}</span>
                  <strong>{one.answer || words.none}{one.probability !== null && <span className="soft figures small"> {percent(one.probability)}</span>}</strong>
                </span>
              </button>
            </li>
          ))}
        </ol>
      )}
    </section>
  )
}
