/** One row of the list: who, when, about what, and how far the reply has come. */
import { memo } from "react";
import { MessageCircleQuestionMark, MessageSquareQuote, MessagesSquare, type LucideIcon } from "lucide-react";
import { titleOf } from "@/features/interactions/item/channel-words";
import { DeadlineMark } from "@/features/interactions/DeadlineMark";
import { StateMark } from "@/features/interactions/StateMark";
import { Moment } from "@/components/Moment";
import { Stars } from "@/components/Stars";
import type { Channel, InteractionSummary, ReplyState } from "@/lib/api/types";
import { CHANNEL, MARKETPLACE, PRIORITY } from "@/lib/words";
import styles from "./InteractionRow.module.css";

const CHANNEL_ICON: Record<Channel, LucideIcon> = {
  review: MessageSquareQuote,
  question: MessageCircleQuestionMark,
  chat: MessagesSquare,
};

/** How the draft of an item stands; nothing where there is none. */
function draftMark({ draft_state, draft_ahead }: InteractionSummary): string | undefined {
  if (draft_state === "none") return undefined;
  if (draft_state === "stale") return "Черновик устарел";
  return draft_ahead ? "Готово заранее" : "Черновик готов";
}

interface InteractionRowProps {
  row: InteractionSummary;
  /** A send from this tab that the server has not answered yet. */
  localState: ReplyState | undefined;
  /** The operator's own unsent text. */
  unsent: string | undefined;
  /** The moment that the list shows; none for now. */
  asOf: string | undefined;
}

export const InteractionRow = memo(function InteractionRow(props: InteractionRowProps) {
  const { row, localState, unsent, asOf } = props;
  const ChannelIcon = CHANNEL_ICON[row.channel];
  const market = MARKETPLACE[row.marketplace];
  const draft = row.needs_response ? draftMark(row) : undefined;
  return (
    <div className={styles.row}>
      <div className={styles.line}>
        <span className={styles.market} title={market.name} data-marketplace={row.marketplace}>
          {market.short}
        </span>
        <span className={styles.channel} title={CHANNEL[row.channel]}>
          <ChannelIcon size={12} aria-hidden="true" />
          <span className="visually-hidden">{CHANNEL[row.channel]}</span>
        </span>
        {row.rating !== null && <Stars rating={row.rating} />}
        <span className={styles.buyer}>{row.buyer_name || "Покупатель"}</span>
        <span className={styles.time}>
          <Moment at={row.occurred_at} />
        </span>
      </div>
      <div className={styles.line}>
        {row.needs_response && (row.priority === "urgent" || row.priority === "high") && (
          <span className={styles.priority} data-priority={row.priority}>
            {PRIORITY[row.priority]}
          </span>
        )}
        <span className={styles.product}>{titleOf(row)}</span>
        {row.deadline && <DeadlineMark deadline={row.deadline} asOf={asOf} />}
        <StateMark
          status={row.status}
          replyState={row.reply_state ?? null}
          channel={row.channel}
          isSending={localState === "sending"}
        />
      </div>
      <div className={styles.preview}>
        {unsent && localState === undefined ? (
          <>
            <span className={styles.draft}>Черновик: </span>
            {unsent}
          </>
        ) : (
          <>
            {row.is_supplement && <span className={styles.supplement}>Дополнение к отзыву · </span>}
            {draft && <span className={styles.draft}>{draft} · </span>}
            {row.preview || <i>Без текста</i>}
          </>
        )}
      </div>
    </div>
  );
});
