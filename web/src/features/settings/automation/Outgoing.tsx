/** What goes out without a person now, what did, and what did not and why. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { ProblemNote } from "@/components/ProblemNote";
import card from "@/features/settings/SettingsPage.module.css";
import { automationStatusQuery } from "@/lib/api/queries";
import { useSecond } from "@/lib/clock";
import { grouped } from "@/lib/format/count";
import { journalTime } from "@/lib/format/time";
import { outcomeWords } from "./outgoing-words";
import styles from "./Automation.module.css";

export function Outgoing() {
  const status = useQuery(automationStatusQuery);
  const now = useSecond();
  const told = status.data;
  return (
    <section className={card.card} aria-labelledby="automation-outgoing">
      <h2 id="automation-outgoing">Что уходит сейчас</h2>
      {status.error && <ProblemNote error={status.error} onRetry={() => void status.refetch()} />}
      {told && (
        <p className={card.about}>
          Ушло без человека за час: {grouped(told.sent_last_hour)} из {grouped(told.per_hour)}, за день:{" "}
          {grouped(told.sent_last_day)} из {grouped(told.per_day)}.
        </p>
      )}
      {told?.items.length === 0 && <p className={card.about}>Само пока ничего не уходило.</p>}
      {told && told.items.length > 0 && (
        <ol className={styles.outgoing} aria-label="Автоматические ответы">
          {told.items.map((item) => (
            <li key={item.draft_id} data-outcome={item.outcome}>
              <Link to={`/queue/${item.interaction_id}`}>{journalTime(item.decided_at)}</Link>
              <span>{outcomeWords(item, now)}</span>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
