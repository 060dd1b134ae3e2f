/** Which item this is: product, stars, buyer, account, state. */
import { ArrowLeft } from "lucide-react";
import { Button } from "react-aria-components";
import { DeadlineBadge } from "@/features/interactions/item/DeadlineBadge";
import { StateMark } from "@/features/interactions/StateMark";
import { IconButton } from "@/components/IconButton";
import { Stars } from "@/components/Stars";
import type { DeadlineReasons, InteractionSummary } from "@/lib/api/types";
import { CHANNEL, MARKETPLACE } from "@/lib/words";
import { titleOf } from "./channel-words";
import styles from "./ItemHeader.module.css";

interface ItemHeaderProps {
  row: InteractionSummary;
  isAlone: boolean;
  /** Why its deadline is when it is, once the item is read. */
  reasons: DeadlineReasons | null | undefined;
  /** The moment that is shown; none for now. */
  asOf: string | undefined;
  onBack: () => void;
  /** Shows why the item stands as it does; none where its past is shown. */
  onWhy: (() => void) | undefined;
}

export function ItemHeader({ row, isAlone, reasons, asOf, onBack, onWhy }: ItemHeaderProps) {
  const Heading = isAlone ? "h1" : "h2";
  const state = <StateMark status={row.status} replyState={row.reply_state ?? null} channel={row.channel} />;
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
      {row.deadline && <DeadlineBadge deadline={row.deadline} reasons={reasons} asOf={asOf} />}
      <span className={styles.state}>
        {onWhy ? (
          <Button className={styles.why ?? ""} onPress={onWhy} aria-keyshortcuts="W">
            {state} <span className={styles.ask}>почему?</span>
          </Button>
        ) : (
          state
        )}
      </span>
    </header>
  );
}
