/** Why a draft is not wanted: one press, or one key. */
import { useEffect, useRef } from "react";
import { Button } from "@/components/Button";
import type { DismissReason } from "@/lib/api/types";
import { REASON } from "@/lib/words";
import styles from "./DraftBlock.module.css";

const REASONS = (Object.keys(REASON) as DismissReason[]).map((reason) => ({ reason, words: REASON[reason] }));

interface DraftDismissalProps {
  isPending: boolean;
  onChoose: (reason: DismissReason) => void;
  onBack: () => void;
}

export function DraftDismissal({ isPending, onChoose, onBack }: DraftDismissalProps) {
  const row = useRef<HTMLDivElement>(null);
  useEffect(() => {
    row.current?.focus();
  }, []);
  return (
    <div
      ref={row}
      className={styles.actions}
      role="group"
      aria-label="Почему черновик не подходит"
      tabIndex={-1}
      onKeyDown={(event) => {
        const chosen = REASONS[Number(/^Digit([1-4])$/.exec(event.code)?.[1] ?? 0) - 1];
        if (chosen && !isPending) onChoose(chosen.reason);
        if (event.key === "Escape") {
          event.stopPropagation();
          onBack();
        }
      }}
    >
      {REASONS.map(({ reason, words }, index) => (
        <Button
          key={reason}
          size="small"
          isDisabled={isPending}
          onPress={() => onChoose(reason)}
          aria-keyshortcuts={String(index + 1)}
        >
          {`${String(index + 1)}. ${words}`}
        </Button>
      ))}
      <Button size="small" weight="ghost" onPress={onBack}>
        Оставить
      </Button>
    </div>
  );
}
