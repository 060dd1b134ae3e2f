/** The item's events in plain Russian, oldest first. */
import { useQuery } from "@tanstack/react-query";
import { Delayed } from "@/components/Delayed";
import { ProblemNote } from "@/components/ProblemNote";
import { Skeleton } from "@/components/Skeleton";
import { journalQuery } from "@/lib/api/queries";
import type { Interaction } from "@/lib/api/types";
import { useNow } from "@/lib/clock";
import { exactTime, journalTime } from "@/lib/format/time";
import { MARKETPLACE } from "@/lib/words";
import { EraseBuyer } from "./EraseBuyer";
import { actorWords, eventWords } from "./journal-words";
import styles from "./Feed.module.css";

export function Journal({ item, userId }: { item: Interaction; userId: string }) {
  const now = useNow();
  const journal = useQuery(journalQuery(item.interaction_id));
  if (journal.error) return <ProblemNote error={journal.error} onRetry={() => void journal.refetch()} />;
  if (!journal.data) {
    return (
      <Delayed>
        <Skeleton width="60%" />
      </Delayed>
    );
  }
  const market = MARKETPLACE[item.marketplace].short;
  return (
    <>
      <ol className={styles.journal} aria-label="Журнал событий">
        {journal.data.map((event) => {
          const words = eventWords(event, market, now);
          return (
            <li key={event.id} className={styles.entry}>
              <time dateTime={event.time} title={exactTime(event.time)}>
                {journalTime(event.time)}
              </time>
              <div>
                <p>
                  <b>{words.title}</b> · {actorWords(event.aiqactor, userId)}
                </p>
                {words.text !== undefined && <p className={styles.words}>{words.text}</p>}
              </div>
            </li>
          );
        })}
      </ol>
      <EraseBuyer item={item} />
    </>
  );
}
