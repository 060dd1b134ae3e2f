/** A week as it was known when it was closed, beside what became known since: no number changes unseen. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { ProblemNote } from "@/components/ProblemNote";
import { closedWeekQuery } from "@/lib/api/quality-queries";
import type { ClosedWeek } from "@/lib/api/types";
import { exactTimeIn } from "@/lib/format/time";
import { changedWords, metricsLine, moved, reason } from "./closed-words";
import styles from "./Quality.module.css";

/** So many interactions, so that a report stays a few sheets. */
const ROWS_MAX = 10;

export function ClosedWeekCard({ from, version }: { from: string; version: number }) {
  const { data, error, refetch } = useQuery(closedWeekQuery(from));
  if (error) return <ProblemNote error={error} onRetry={() => void refetch()} />;
  if (!data) return null;
  return (
    <section className={styles.card} aria-labelledby="closed">
      <h2 id="closed">Что стало известно после закрытия недели</h2>
      <p className={styles.about}>
        Неделя закрыта {exactTimeIn(data.zone, data.closed_at)} по времени {data.zone}.{" "}
        {data.changed === 0 ? "С тех пор ничего не изменилось." : `С тех пор ${changedWords(data.changed)}.`}
        {data.version !== version && " Определения показателей с тех пор изменились."}
      </p>
      {data.changed > 0 && <Numbers week={data} />}
      {data.changed > 0 && <Items week={data} />}
    </section>
  );
}

function Numbers({ week }: { week: ClosedWeek }) {
  const rows = moved(week);
  if (rows.length === 0) return null;
  return (
    <table className={styles.table}>
      <thead>
        <tr>
          <td />
          <th scope="col">При закрытии</th>
          <th scope="col">Сейчас</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ name, then, now }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{then}</td>
            <td>{now}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Items({ week }: { week: ClosedWeek }) {
  return (
    <>
      <ul aria-label="Считаются иначе">
        {week.items.slice(0, ROWS_MAX).map((item) => (
          <li key={item.interaction_id}>
            <Link to={`/queue/${item.interaction_id}`}>Обращение</Link>: {reason(item)}
            {metricsLine(item) !== "" && <> ({metricsLine(item)})</>}
          </li>
        ))}
      </ul>
      {week.changed > ROWS_MAX && (
        <p className={styles.about}>
          Показаны {ROWS_MAX}; остальные даёт API: /interactions/metrics/quality/closed.
        </p>
      )}
    </>
  );
}
