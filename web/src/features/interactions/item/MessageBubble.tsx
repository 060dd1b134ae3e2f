/** One message of a chat. What the buyer writes is shown as text only; what is attached is named and never loaded. */
import { CheckCheck, File, Image } from "lucide-react";
import { CopyButton } from "@/components/CopyButton";
import type { Interaction, Message } from "@/lib/api/types";
import { clockOnly, exactTime } from "@/lib/format/time";
import { fileSize } from "@/lib/format/size";
import { MARKETPLACE } from "@/lib/words";
import { authorOf } from "./authors";
import type { ChatMessage } from "./chat-feed";
import styles from "./MessageBubble.module.css";

type MessageFile = Message["files"][number];

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
      {message.text !== "" && <p className={styles.text}>{message.text}</p>}
      {isEmpty && (
        <p className={styles.none}>{message.erased ? "Сообщение удалено" : "Сообщение без текста"}</p>
      )}
      {message.files.length > 0 && (
        <ul className={styles.files} aria-label="Вложения">
          {message.files.map((file, index) => (
            <Attachment key={`${index} ${file.address}`} file={file} number={index + 1} />
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

function Attachment({ file, number }: { file: MessageFile; number: number }) {
  const name = file.name || (file.is_image ? `Фото ${number}` : `Файл ${number}`);
  const Icon = file.is_image ? Image : File;
  return (
    <li className={styles.file}>
      <Icon size={13} aria-hidden="true" />
      {isWebAddress(file.address) ? (
        <a href={file.address} target="_blank" rel="noopener noreferrer" className={styles.name}>
          {name}
        </a>
      ) : (
        <span className={styles.name}>{name}</span>
      )}
      {file.size_bytes != null && <span className={styles.size}>{fileSize(file.size_bytes)}</span>}
      {file.address !== "" && <CopyButton text={file.address} label={`Скопировать адрес: ${name}`} />}
    </li>
  );
}

/** Only such an address is opened: some marketplaces give an id instead, and nothing else may be run. */
function isWebAddress(address: string): boolean {
  return /^https:\/\//i.test(address);
}
