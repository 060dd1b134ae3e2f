/** Which item this is: product, stars, buyer, account, state. */
import { ArrowLeft } from "lucide-react";
import { StateMark } from "@/features/interactions/StateMark";
import { IconButton } from "@/components/IconButton";
import { Stars } from "@/components/Stars";
import type { InteractionSummary } from "@/lib/api/types";
import { CHANNEL, MARKETPLACE } from "@/lib/words";
import { titleOf } from "./channel-words";
import styles from "./ItemHeader.module.css";

interface ItemHeaderProps {
  row: InteractionSummary;
  isAlone: boolean;
  onBack: () => void;
}

export function ItemHeader({ row, isAlone, onBack }: ItemHeaderProps) {
  const Heading = isAlone ? "h1" : "h2";
  return (
    <header className={styles.header}>
      <span className={styles.back}>
        <IconButton label="К списку" icon={<ArrowLeft size={16} />} onPress={onBack} />
      </span>
      <div className={styles.about}>
        <Heading className={styles.product} title={titleOf(row)}>
          {titleOf(row)}
        </Heading>
        <p className={styles.facts}>
          {row.rating !== null && <Stars rating={row.rating} />}
          <span>{row.buyer_name || "Покупатель"}</span>
          {row.product.article && <span>арт. {row.product.article}</span>}
          {row.product.brand && <span>{row.product.brand}</span>}
          <span>
            {CHANNEL[row.channel]} · {MARKETPLACE[row.marketplace].name} · {row.account_name}
          </span>
        </p>
      </div>
      <span className={styles.state}>
        <StateMark status={row.status} replyState={row.reply_state ?? null} channel={row.channel} />
      </span>
    </header>
  );
}
