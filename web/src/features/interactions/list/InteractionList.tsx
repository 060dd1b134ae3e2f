/** The list: as many rows as fit are in the document, one of them is active, and rows do not move by themselves. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { Square, SquareCheck } from "lucide-react";
import { useEffect, useRef } from "react";
import { useAttempts } from "@/features/interactions/replies";
import { unsentText, useUnsentVersion } from "@/features/interactions/unsent";
import { Spinner } from "@/components/Spinner";
import type { InteractionSummary, ReplyState } from "@/lib/api/types";
import { InteractionRow } from "./InteractionRow";
import styles from "./InteractionList.module.css";

const ROW_PX = 72;
const OVERSCAN_ROWS = 8;
/** The next page is asked for this many rows before the end. */
const AHEAD_ROWS = 15;

interface InteractionListProps {
  user: string;
  /** The moment that is shown; none for now. What is being written or sent now is no part of the past. */
  asOf: string | undefined;
  rows: readonly InteractionSummary[];
  /** Rows that match in all, loaded or not. */
  total: number | undefined;
  activeId: string | undefined;
  openId: string | undefined;
  onOpen: (id: string) => void;
  /** Rows that are selected; none where rows cannot be. */
  selected: ReadonlySet<string> | undefined;
  onSelect: (id: string, upToHere: boolean) => void;
  hasMore: boolean;
  isLoadingMore: boolean;
  onNeedMore: () => void;
}

export function InteractionList(props: InteractionListProps) {
  const { user, asOf, rows, activeId, openId, onOpen, selected, hasMore, isLoadingMore, onNeedMore } = props;
  const isPast = asOf !== undefined;
  const box = useRef<HTMLDivElement>(null);
  const attempts = useAttempts();
  useUnsentVersion();
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_PX,
    overscan: OVERSCAN_ROWS,
    getItemKey: (index) => rows[index]?.interaction_id ?? index,
  });
  const items = virtual.getVirtualItems();
  const lastShown = items.at(-1)?.index ?? 0;
  const activeIndex = rows.findIndex((row) => row.interaction_id === activeId);

  useEffect(() => {
    if (hasMore && !isLoadingMore && lastShown >= rows.length - AHEAD_ROWS) onNeedMore();
  }, [hasMore, isLoadingMore, lastShown, rows.length, onNeedMore]);
  useEffect(() => {
    if (activeIndex >= 0) virtual.scrollToIndex(activeIndex, { align: "auto" });
    // Only a move of the active row scrolls, not every measurement of the virtualizer.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [activeIndex]);

  return (
    <div className={styles.frame}>
      <div
        ref={box}
        className={styles.box}
        role="listbox"
        aria-label="Обращения"
        tabIndex={0}
        data-shortcuts="page"
        id="interaction-list"
        aria-activedescendant={activeIndex >= 0 ? `row-${activeId}` : undefined}
      >
        <div role="presentation" className={styles.rows} style={{ height: virtual.getTotalSize() }}>
          {items.map((item) => {
            const row = rows[item.index];
            if (!row) return null;
            const id = row.interaction_id;
            const isSelected = selected?.has(id) === true;
            return (
              <div
                key={id}
                id={`row-${id}`}
                role="option"
                aria-selected={id === openId}
                aria-checked={selected === undefined ? undefined : isSelected}
                aria-posinset={item.index + 1}
                aria-setsize={hasMore ? (props.total ?? -1) : rows.length}
                data-active={id === activeId || undefined}
                className={styles.option}
                style={{ height: ROW_PX, transform: `translateY(${item.start}px)` }}
                onClick={() => onOpen(id)}
              >
                {selected !== undefined && (
                  <span
                    className={styles.check}
                    data-shown={selected.size > 0 || undefined}
                    title="Выбрать (X)"
                    aria-hidden="true"
                    onClick={(event) => {
                      event.stopPropagation();
                      props.onSelect(id, event.shiftKey);
                    }}
                  >
                    {isSelected ? <SquareCheck size={16} /> : <Square size={16} />}
                  </span>
                )}
                <InteractionRow
                  row={row}
                  asOf={asOf}
                  localState={isPast ? undefined : localStateOf(attempts.get(id)?.status)}
                  unsent={
                    isPast
                      ? undefined
                      : unsentText(user, "answer", id)?.text.trim() ||
                        unsentText(user, "edit", id)?.text.trim()
                  }
                />
              </div>
            );
          })}
        </div>
        {isLoadingMore && (
          <p className={styles.more}>
            <Spinner /> Загружаем ещё...
          </p>
        )}
      </div>
    </div>
  );
}

function localStateOf(status: "pending" | "error" | "success" | undefined): ReplyState | undefined {
  return status === "pending" ? "sending" : undefined;
}
