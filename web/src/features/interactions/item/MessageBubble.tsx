/** One message of a chat. What the buyer writes is shown as text only; what is attached is named. */
import { CheckCheck } from "lucide-react";
import type { Interaction, Message } from "@/lib/api/types";
import { clockOnly, exactTime } from "@/lib/format/time";
import { MARKETPLACE } from "@/lib/words";
import { authorOf } from "./authors";
import type { ChatMessage } from "./chat-feed";
import { MessageFile } from "./MessageFile";
import styles from "./MessageBubble.module.css";

interface MessageBubbleProps {
  entry: ChatMessage;
  item: Interaction;
  userId: string;
}

export function MessageBubble({ entry, item, userId }: MessageBubbleProps) {
  const { message, reply, isFollowing } = entry;
  const author = nameOf(entry, item, userId);
  const isEmpty = message.text === "" && message.files.length === 0;
  return (
    <article
      className={`${styles.message} ${styles[message.author]} ${isFollowing ? styles.following : ""}`}
      aria-label={`${author}, ${exactTime(message.sent_at)}`}
    >
      {!isFollowing && <p className={styles.author}>{author}</p>}
      {message.text !== "" && !isLink(message) && <p className={styles.text}>{message.text}</p>}
      {isEmpty && (
        <p className={styles.none}>{message.erased ? "Сообщение удалено" : "Сообщение без текста"}</p>
      )}
      {message.files.length > 0 && (
        <ul className={styles.files} aria-label="Вложения">
          {message.files.map((file, index) => (
            <MessageFile
              key={`${index} ${file.address}`}
              interactionId={item.interaction_id}
              messageId={message.message_id}
              file={file}
              index={index}
            />
          ))}
        </ul>
      )}
      <p className={styles.meta}>
        <time dateTime={message.sent_at} title={exactTime(message.sent_at)}>
          {clockOnly(message.sent_at)}
        </time>
        {(reply !== undefined || message.reply_id !== null) && (
          <span className={styles.seen}>
            <CheckCheck size={13} aria-hidden="true" /> Доставлено
          </span>
        )}
      </p>
    </article>
  );
}

/** Ozon shows a seller's document as words that link to it; the file stands below. */
function isLink({ text, files }: Message): boolean {
  const [file] = files;
  return files.length === 1 && text.trim() === `[${file?.name}](${file?.address})`;
}

function nameOf({ message, reply }: ChatMessage, item: Interaction, userId: string): string {
  switch (message.author) {
    case "buyer":
      return item.buyer_name || "Покупатель";
    case "marketplace":
      return MARKETPLACE[item.marketplace].name;
    case "seller":
      if (reply) return authorOf(reply, userId);
      return message.reply_id === null ? "Магазин, вне AgentIQ" : "Оператор";
  }
}
