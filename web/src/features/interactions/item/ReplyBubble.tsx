/** One version of the reply with what is known of its way to the buyer. */
import { Ban, CheckCheck, Check, CircleAlert, CircleHelp, Clock, type LucideIcon } from "lucide-react";
import { Link } from "react-router";
import type { KeptFile } from "@/features/interactions/files";
import { replyWords, type Look } from "@/features/interactions/reply-state";
import { Moment } from "@/components/Moment";
import { Spinner } from "@/components/Spinner";
import type { Channel, Interaction, Reply } from "@/lib/api/types";
import { useNow } from "@/lib/clock";
import { lineageLine } from "@/lib/lineage";
import { MARKETPLACE } from "@/lib/words";
import { FileNames } from "./Attachments";
import { CHANNEL_WORDS } from "./channel-words";
import styles from "./ReplyBubble.module.css";

const ICON: Record<Exclude<Look, "busy">, LucideIcon> = {
  held: Clock,
  good: Check,
  bad: CircleAlert,
  blocked: Ban,
  unsure: CircleHelp,
};

/** What is no plain answer or message. */
const LABEL: Partial<Record<Reply["kind"], string>> = {
  edit: "Правка ответа",
  rejection: "Отклонение вопроса",
};

interface ReplyBubbleProps {
  item: Interaction;
  reply: Reply;
  author: string;
}

export function ReplyBubble({ item, reply, author }: ReplyBubbleProps) {
  const words = replyWords(reply, MARKETPLACE[item.marketplace].short, useNow(), item.channel);
  return (
    <div
      className={styles.reply}
      role={roleIn(item.channel)}
      aria-label={LABEL[reply.kind] ?? CHANNEL_WORDS[item.channel].reply}
    >
      <p className={styles.meta}>
        <b>{author}</b>
        <Moment at={reply.sent_at ?? reply.requested_at} isExact />
        {reply.kind === "edit" && <span>правка</span>}
        {reply.kind === "rejection" && <span>отклонение вопроса</span>}
        {reply.lineage && <span>{lineageLine(reply.lineage)}</span>}
        {reply.bulk_id !== null && <Link to={`/bulk/${reply.bulk_id}`}>ответ многим</Link>}
      </p>
      {reply.text !== "" && <p className={styles.text}>{reply.text}</p>}
      <FileNames
        files={reply.files.map(({ name, is_image, size_bytes }) => ({
          name,
          isImage: is_image,
          sizeBytes: size_bytes,
        }))}
      />
      <StateLine look={words.look} title={words.title} isPublished={reply.state === "published"} />
      {words.details.map((detail) => (
        <p key={detail} className={styles.detail}>
          {detail}
        </p>
      ))}
      <MarketplaceWords reply={reply} market={MARKETPLACE[item.marketplace].short} />
    </div>
  );
}

/** An answer is a landmark; messages are many, and landmarks of one name tell nobody where one is. */
function roleIn(channel: Channel): "article" | "region" {
  return channel === "chat" ? "article" : "region";
}

/** A text on its way that the server has not answered for yet. */
export function PendingBubble(props: {
  text: string;
  files: readonly KeptFile[];
  author: string;
  channel: Channel;
}) {
  const { text, files, author, channel } = props;
  return (
    <div className={styles.reply} role={roleIn(channel)} aria-label={CHANNEL_WORDS[channel].reply}>
      <p className={styles.meta}>
        <b>{author}</b>
      </p>
      {text !== "" && <p className={styles.text}>{text}</p>}
      <FileNames files={files} />
      <StateLine look="busy" title="Отправка..." isPublished={false} />
    </div>
  );
}

/** The marketplace's own words, one click away. */
export function MarketplaceWords({ reply, market }: { reply: Reply; market: string }) {
  if (!reply.failure?.marketplace_text) return null;
  return (
    <details className={styles.raw}>
      <summary>Ответ {market}</summary>
      <p>{reply.failure.marketplace_text}</p>
    </details>
  );
}

function StateLine({ look, title, isPublished }: { look: Look; title: string; isPublished: boolean }) {
  const Icon = isPublished ? CheckCheck : look === "busy" ? undefined : ICON[look];
  return (
    <p className={`${styles.state} ${styles[look]}`} role="status">
      {Icon ? <Icon size={15} aria-hidden="true" /> : <Spinner />}
      {title}
    </p>
  );
}
