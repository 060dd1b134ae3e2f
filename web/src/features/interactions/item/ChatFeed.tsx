/** A chat: bubbles by author and day, and the replies from here that are not seen in it yet. The newest is in view. */
import { ArrowDown } from "lucide-react";
import { useMemo } from "react";
import type { KeptFile } from "@/features/interactions/files";
import { Button } from "@/components/Button";
import type { Interaction, Reply } from "@/lib/api/types";
import { useNow } from "@/lib/clock";
import { counted, type Forms } from "@/lib/format/count";
import { dayName } from "@/lib/format/time";
import { countOfBuyer, daysOf, type ChatEntry } from "./chat-feed";
import { authorOf } from "./authors";
import { MessageBubble } from "./MessageBubble";
import { PendingBubble, ReplyBubble } from "./ReplyBubble";
import { useEndInView } from "./useEndInView";
import styles from "./ChatFeed.module.css";

const NEW: Forms = ["новое сообщение", "новых сообщения", "новых сообщений"];

interface ChatFeedProps {
  item: Interaction;
  /** Versions of replies that were sent from here. */
  replies: readonly Reply[];
  userId: string;
  /** A message on its way that the server does not know yet. */
  pending: { text: string; files: KeptFile[] } | undefined;
}

export function ChatFeed({ item, replies, userId, pending }: ChatFeedProps) {
  const now = useNow();
  const messages = useMemo(() => item.chat?.messages ?? [], [item.chat]);
  const days = useMemo(() => daysOf(messages, replies), [messages, replies]);
  const { box, content, onScroll, show, unseen } = useEndInView(countOfBuyer(messages));
  return (
    <div className={styles.frame}>
      <div
        ref={box}
        className={styles.feed}
        onScroll={onScroll}
        role="log"
        aria-label="Переписка"
        tabIndex={0}
      >
        <div ref={content} className={styles.content}>
          {item.erased && (
            <p className={styles.line}>Данные покупателя удалены. Прочитать переписку больше нельзя.</p>
          )}
          {days.length === 0 && pending === undefined && <p className={styles.line}>Сообщений пока нет.</p>}
          {days.map((day) => (
            <div key={day.at} className={styles.day} role="group" aria-label={dayName(day.at, now)}>
              <p className={styles.date}>{dayName(day.at, now)}</p>
              {day.entries.map((entry) => (
                <Entry key={entry.key} entry={entry} item={item} userId={userId} />
              ))}
            </div>
          ))}
          {pending !== undefined && (
            <PendingBubble text={pending.text} files={pending.files} author="Вы" channel="chat" />
          )}
        </div>
      </div>
      {unseen > 0 && (
        <span className={styles.pill}>
          <Button weight="primary" size="small" icon={<ArrowDown size={14} />} onPress={show}>
            {counted(unseen, NEW)}
          </Button>
        </span>
      )}
    </div>
  );
}

function Entry({ entry, item, userId }: { entry: ChatEntry; item: Interaction; userId: string }) {
  if (entry.kind === "reply")
    return <ReplyBubble item={item} reply={entry.reply} author={authorOf(entry.reply, userId)} />;
  return <MessageBubble entry={entry} item={item} userId={userId} />;
}
