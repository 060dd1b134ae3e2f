/** How long is left to answer, at a glance; exact on hover and for a screen reader. */
import { Timer, TimerOff } from "lucide-react";
import type { Deadline } from "@/lib/api/types";
import { useNow } from "@/lib/clock";
import { exactTime, timeLeft } from "@/lib/format/time";
import { toneOf } from "./deadlines";
import styles from "./DeadlineMark.module.css";

interface DeadlineMarkProps {
  deadline: Deadline;
  /** The moment that is shown; none for now. */
  asOf: string | undefined;
}

export function DeadlineMark({ deadline, asOf }: DeadlineMarkProps) {
  const present = useNow();
  const now = asOf === undefined ? present : Date.parse(asOf);
  const tone = toneOf(deadline, now);
  const Icon = tone === "late" ? TimerOff : Timer;
  return (
    <span className={styles.mark} data-tone={tone} title={`Ответить до ${exactTime(deadline.answer_by)}`}>
      <Icon size={12} aria-hidden="true" />
      {timeLeft(deadline.answer_by, now)}
    </span>
  );
}
