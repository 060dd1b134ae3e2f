/** How long is left to answer; pressed, it says why. */
import { Button, Dialog, DialogTrigger, Heading, Popover } from "react-aria-components";
import { DeadlineMark } from "@/features/interactions/DeadlineMark";
import { linesOf } from "@/features/interactions/deadlines";
import type { Deadline, DeadlineReasons } from "@/lib/api/types";
import { useNow } from "@/lib/clock";
import styles from "./DeadlineBadge.module.css";

interface DeadlineBadgeProps {
  deadline: Deadline;
  reasons: DeadlineReasons | null | undefined;
  /** The moment that is shown; none for now. */
  asOf: string | undefined;
}

export function DeadlineBadge({ deadline, reasons, asOf }: DeadlineBadgeProps) {
  const now = useNow();
  return (
    <DialogTrigger>
      <Button className={styles.badge ?? ""}>
        <span className="visually-hidden">Срок ответа: </span>
        <DeadlineMark deadline={deadline} asOf={asOf} />
      </Button>
      <Popover className={styles.popover ?? ""} placement="bottom end">
        <Dialog className={styles.dialog ?? ""}>
          <Heading slot="title" className={styles.title ?? ""}>
            Почему такой срок
          </Heading>
          <dl className={styles.lines}>
            {linesOf(deadline, reasons, now).map(({ name, text }, at) => (
              <div key={at} className={styles.line}>
                <dt>{name}</dt>
                <dd>{text}</dd>
              </div>
            ))}
          </dl>
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}
