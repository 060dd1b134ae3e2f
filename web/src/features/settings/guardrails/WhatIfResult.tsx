/** What other lists would have done to recent texts. */
import { Link } from "react-router";
import type { WhatIf, WhatIfEffect } from "@/lib/api/types";
import { counted, grouped } from "@/lib/format/count";
import styles from "./Guardrails.module.css";

const TEXTS = ["текст", "текста", "текстов"] as const;

const CHANGES: Record<string, string> = {
  stops_newly: "остановит",
  stops_no_longer: "пропустит",
  warns_newly: "предупредит",
  warns_no_longer: "не предупредит",
};

export function WhatIfResult({ told }: { told: WhatIf }) {
  return (
    <div className={styles.told} role="status">
      <p>
        Просмотрено: {counted(told.texts, TEXTS)}
        {told.has_more && ", самые новые: всех больше, чем проверяется за раз"}. Сейчас остановлены{" "}
        {grouped(told.stopped_now)}, с этими списками были бы {grouped(told.stopped_then)}: новых{" "}
        {grouped(told.stopped_newly)}, пропущенных {grouped(told.stopped_no_longer)}.
      </p>
      {told.effects.length === 0 ? (
        <p>Для этих текстов ничего не изменится.</p>
      ) : (
        <div className={styles.scroll} tabIndex={0} role="region" aria-label="Что изменится">
          <table className={styles.table}>
            <thead>
              <tr>
                <th scope="col">Фраза или правило</th>
                <th scope="col">Остановит</th>
                <th scope="col">Пропустит</th>
                <th scope="col">Предупредит</th>
                <th scope="col">Не предупредит</th>
                <th scope="col">Примеры</th>
              </tr>
            </thead>
            <tbody>
              {told.effects.map((effect) => (
                <Row key={`${effect.type} ${effect.listed ?? ""}`} effect={effect} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </div>
  );
}

function Row({ effect }: { effect: WhatIfEffect }) {
  return (
    <tr>
      <th scope="row">{effect.listed === null ? effect.message : `«${effect.listed}»`}</th>
      <td>{grouped(effect.stops_newly)}</td>
      <td>{grouped(effect.stops_no_longer)}</td>
      <td>{grouped(effect.warns_newly)}</td>
      <td>{grouped(effect.warns_no_longer)}</td>
      <td>
        <ul className={styles.examples}>
          {effect.examples.map((example) => (
            <li key={`${example.change} ${example.interaction_id} ${example.place.start}`}>
              {CHANGES[example.change] ?? example.change}:{" "}
              <Link to={`/queue/${example.interaction_id}`}>
                {example.before}
                <mark>{example.phrase}</mark>
                {example.after}
              </Link>
            </li>
          ))}
        </ul>
      </td>
    </tr>
  );
}
