/** The state of an item or its reply: an icon whose shape differs by state, and the word. */
import {
  Archive,
  Ban,
  CheckCheck,
  Check,
  CircleAlert,
  CircleSlash,
  Clock,
  CircleDashed,
  CircleHelp,
  LoaderCircle,
  type LucideIcon,
} from "lucide-react";
import type { Channel, InteractionStatus, ReplyState } from "@/lib/api/types";
import { REPLY_STATE, STATUS } from "@/lib/words";
import styles from "./StateMark.module.css";

const ICON: Record<ReplyState, LucideIcon> = {
  held: Clock,
  cancelled: CircleSlash,
  sending: LoaderCircle,
  sent: Check,
  published: CheckCheck,
  failed: CircleAlert,
  rejected: Ban,
  unknown: CircleHelp,
};

const TONE: Record<ReplyState, string | undefined> = {
  held: styles.warn,
  cancelled: undefined,
  sending: styles.busy,
  sent: styles.good,
  published: styles.good,
  failed: styles.bad,
  rejected: styles.bad,
  unknown: styles.warn,
};

interface StateMarkProps {
  status: InteractionStatus;
  replyState: ReplyState | null;
  channel: Channel;
  /** A send from this tab that the server has not answered yet. */
  isSending?: boolean;
}

export function StateMark({ status, replyState: known, channel, isSending = false }: StateMarkProps) {
  // A buyer who has written again waits, and a closed chat is closed, whatever became of the last message.
  const isOver = status === "waiting" || status === "closed";
  const replyState = isSending ? "sending" : status === "held" ? "held" : isOver ? null : known;
  if (replyState === null) {
    const isDone = status === "responded";
    const Icon = isDone ? CheckCheck : status === "closed" ? Archive : CircleDashed;
    return (
      <span className={`${styles.mark} ${isDone ? styles.good : ""}`}>
        <Icon size={13} aria-hidden="true" /> {STATUS[status]}
      </span>
    );
  }
  const Icon = ICON[replyState];
  return (
    <span className={`${styles.mark} ${TONE[replyState] ?? ""}`}>
      <Icon size={13} aria-hidden="true" />{" "}
      {channel === "chat" && replyState === "published" ? "Доставлено" : REPLY_STATE[replyState]}
    </span>
  );
}
