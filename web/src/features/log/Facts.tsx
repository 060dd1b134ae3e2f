/** Names with their values, each with its condition as an icon and a word, never colour alone. */
import { CircleAlert, CircleCheck, Clock, TriangleAlert, type LucideIcon } from "lucide-react";
import { useNow } from "@/lib/clock";
import { exactTime } from "@/lib/format/time";
import { ago } from "./log-words";
import styles from "./LogPage.module.css";

export type Condition = "good" | "wait" | "warn" | "bad";

const SIGNS: Readonly<Record<Condition, { icon: LucideIcon; word: string }>> = {
  good: { icon: CircleCheck, word: "в порядке" },
  wait: { icon: Clock, word: "ожидание" },
  warn: { icon: TriangleAlert, word: "внимание" },
  bad: { icon: CircleAlert, word: "нарушение" },
};

export function Facts({ children }: { children: React.ReactNode }) {
  return <dl className={styles.facts}>{children}</dl>;
}

interface StateProps {
  name: React.ReactNode;
  condition?: Condition;
  children: React.ReactNode;
}

export function State({ name, condition, children }: StateProps) {
  const sign = condition && SIGNS[condition];
  return (
    <div className={styles.fact}>
      <dt>{name}</dt>
      <dd>
        {sign && <sign.icon size={14} role="img" aria-label={sign.word} className={styles[condition]} />}
        <span>{children}</span>
      </dd>
    </div>
  );
}

/** A time with its age. */
export function Age({ at }: { at: string }) {
  const now = useNow();
  return (
    <time dateTime={at}>
      {exactTime(at)} ({ago(at, now)})
    </time>
  );
}
