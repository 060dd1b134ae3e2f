/** Why the item stands as it does: the events that led there, each with what was decided or learned with it. */
import { useQuery } from "@tanstack/react-query";
import { FileCheck, History } from "lucide-react";
import { Link } from "react-router";
import { Delayed } from "@/components/Delayed";
import { IconButton } from "@/components/IconButton";
import { ProblemNote } from "@/components/ProblemNote";
import { Skeleton } from "@/components/Skeleton";
import { useProof } from "@/lib/api/proof";
import { whyQuery } from "@/lib/api/queries";
import type { Interaction, WhyFact, WhyLine } from "@/lib/api/types";
import { exactTime, journalTime } from "@/lib/format/time";
import { leftOutWords, newState } from "./why-words";
import feed from "./Feed.module.css";
import styles from "./WhyPanel.module.css";

interface WhyPanelProps {
  item: Interaction;
  /** Shows the item as it was at a moment. */
  onAsOf: (asOf: string) => void;
}

export function WhyPanel({ item, onAsOf }: WhyPanelProps) {
  const query = useQuery(whyQuery(item.interaction_id));
  if (query.error) return <ProblemNote error={query.error} onRetry={() => void query.refetch()} />;
  if (!query.data) {
    return (
      <Delayed>
        <Skeleton width="60%" />
      </Delayed>
    );
  }
  const why = query.data;
  return (
    <section aria-label="Почему так">
      <p className={styles.summary}>{why.summary}</p>
      <p className={feed.quiet}>С {exactTime(why.since)}. Что к этому привело:</p>
      {why.left_out > 0 && <p className={feed.quiet}>{leftOutWords(why.left_out)}</p>}
      <ol className={feed.journal} aria-label="Что к этому привело">
        {why.lines.map((line) => (
          <Entry key={line.event_id} line={line} onAsOf={onAsOf} />
        ))}
      </ol>
    </section>
  );
}

function Entry({ line, onAsOf }: { line: WhyLine; onAsOf: (asOf: string) => void }) {
  const proof = useProof();
  const state = newState(line);
  const which = `${line.title}, ${journalTime(line.at)}`;
  return (
    <li className={feed.entry}>
      <time dateTime={line.at} title={exactTime(line.at)}>
        {journalTime(line.at)}
      </time>
      <div>
        <p>
          <b>{line.title}</b> · {line.who}
          {state !== undefined && <span className={styles.state}>→ {state}</span>}
        </p>
        {line.facts.length > 0 && (
          <dl className={styles.facts}>
            {line.facts.map((fact, at) => (
              <FactLine key={`${fact.name} ${at}`} fact={fact} />
            ))}
          </dl>
        )}
        {proof.error && <ProblemNote error={proof.error} />}
      </div>
      <span className={feed.actions}>
        <IconButton
          label={`Скачать доказательство: ${which}`}
          icon={<FileCheck size={14} />}
          isPending={proof.isPending}
          onPress={() => proof.mutate(line.sequence)}
        />
        <IconButton
          label={`Как было: ${which}`}
          icon={<History size={14} />}
          onPress={() => onAsOf(line.cursor)}
        />
      </span>
    </li>
  );
}

/** A bulk is named by where it is told of. */
function FactText({ fact }: { fact: WhyFact }) {
  return fact.name === "bulk_id" ? <Link to={`/bulk/${fact.text}`}>открыть</Link> : fact.text;
}

function FactLine({ fact }: { fact: WhyFact }) {
  return (
    <div className={styles.fact}>
      <dt>{fact.label}</dt>
      <dd>{fact.at ? <time dateTime={fact.at}>{journalTime(fact.at)}</time> : <FactText fact={fact} />}</dd>
    </div>
  );
}
