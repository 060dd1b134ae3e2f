/** Every version of the reply with its times, and the one line that sums them up. */
import { useQuery } from "@tanstack/react-query";
import { ReplyBubble } from "./ReplyBubble";
import { Delayed } from "@/components/Delayed";
import { ProblemNote } from "@/components/ProblemNote";
import { Skeleton } from "@/components/Skeleton";
import { historyQuery } from "@/lib/api/queries";
import type { Interaction } from "@/lib/api/types";
import { authorOf } from "./authors";
import { historyLine } from "./history-line";
import styles from "./Feed.module.css";

export function History({ item, userId }: { item: Interaction; userId: string }) {
  const history = useQuery(historyQuery(item.interaction_id));
  if (history.error) return <ProblemNote error={history.error} onRetry={() => void history.refetch()} />;
  if (!history.data) {
    return (
      <Delayed>
        <Skeleton width="60%" />
      </Delayed>
    );
  }
  if (history.data.length === 0)
    return (
      <p className={styles.quiet}>{item.chat ? "Сообщений отсюда ещё не было." : "Ответов ещё не было."}</p>
    );
  return (
    <>
      {!item.chat && <p className={styles.quiet}>{historyLine(history.data)}</p>}
      <ol className={styles.versions}>
        {history.data.map((reply) => (
          <li key={reply.reply_id}>
            <ReplyBubble item={item} reply={reply} author={authorOf(reply, userId)} />
          </li>
        ))}
      </ol>
    </>
  );
}
