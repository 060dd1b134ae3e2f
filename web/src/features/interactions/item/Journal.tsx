/** The item's events in plain Russian, oldest first. */
import { useQuery } from "@tanstack/react-query";
import { FileCheck, History } from "lucide-react";
import { Delayed } from "@/components/Delayed";
import { IconButton } from "@/components/IconButton";
import { ProblemNote } from "@/components/ProblemNote";
import { Skeleton } from "@/components/Skeleton";
import { useProof } from "@/lib/api/proof";
import { journalQuery } from "@/lib/api/queries";
import type { CloudEvent, Interaction } from "@/lib/api/types";
import { useNow } from "@/lib/clock";
import { exactTime, journalTime } from "@/lib/format/time";
import { useMay } from "@/lib/may";
import { EraseBuyer } from "./EraseBuyer";
import { actorWords, eventWords } from "./journal-words";
import styles from "./Feed.module.css";

interface JournalProps {
  item: Interaction;
  userId: string;
  /** Shows the item as it was at a moment. */
  onAsOf: (asOf: string) => void;
}

export function Journal({ item, userId, onAsOf }: JournalProps) {
  const journal = useQuery(journalQuery(item.interaction_id));
  const may = useMay();
  if (journal.error) return <ProblemNote error={journal.error} onRetry={() => void journal.refetch()} />;
  if (!journal.data) {
    return (
      <Delayed>
        <Skeleton width="60%" />
      </Delayed>
    );
  }
  return (
    <>
      <ol className={styles.journal} aria-label="Журнал событий">
        {journal.data.map((event) => (
          <Entry key={event.id} event={event} item={item} userId={userId} onAsOf={onAsOf} />
        ))}
      </ol>
      <p className={styles.quiet}>
        <a
          href={`/api/v1/interactions/${item.interaction_id}/export`}
          download={`interaction-${item.interaction_id}.json`}
        >
          Скачать для поддержки
        </a>{" "}
        — все события обращения; имена, тексты и номер на площадке заменены.
      </p>
      {may("erase_buyers") && <EraseBuyer item={item} />}
    </>
  );
}

interface EntryProps {
  event: CloudEvent;
  item: Interaction;
  userId: string;
  onAsOf: (asOf: string) => void;
}

function Entry({ event, item, userId, onAsOf }: EntryProps) {
  const proof = useProof();
  const words = eventWords(event, item, useNow());
  const which = `${words.title}, ${journalTime(event.time)}`;
  return (
    <li className={styles.entry}>
      <time dateTime={event.time} title={exactTime(event.time)}>
        {journalTime(event.time)}
      </time>
      <div>
        <p>
          <b>{words.title}</b> · {actorWords(event.aiqactor, userId)}
        </p>
        {words.text !== undefined && <p className={styles.words}>{words.text}</p>}
        {proof.error && <ProblemNote error={proof.error} />}
      </div>
      <span className={styles.actions}>
        <IconButton
          label={`Скачать доказательство: ${which}`}
          icon={<FileCheck size={14} />}
          isPending={proof.isPending}
          onPress={() => proof.mutate(event.sequence)}
        />
        <IconButton
          label={`Как было: ${which}`}
          icon={<History size={14} />}
          onPress={() => onAsOf(event.aiqcursor)}
        />
      </span>
    </li>
  );
}
