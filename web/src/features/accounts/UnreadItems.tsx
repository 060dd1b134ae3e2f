/** What the marketplace gave and could not be read: how much, why, and another try. */
import { useQuery } from "@tanstack/react-query";
import { RotateCw } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/Button";
import { Delayed } from "@/components/Delayed";
import { Note } from "@/components/Note";
import { ProblemNote } from "@/components/ProblemNote";
import { Spinner } from "@/components/Spinner";
import { announce } from "@/lib/announce";
import { unreadItemsQuery } from "@/lib/api/queries";
import type { Account } from "@/lib/api/types";
import { exactTime } from "@/lib/format/time";
import { useRetryUnread } from "./accounts";
import { expiredWords, retriedWords, unreadWords } from "./unread-words";
import styles from "./UnreadItems.module.css";

export function UnreadItems({ account }: { account: Account }) {
  const [isOpen, setOpen] = useState(false);
  const retry = useRetryUnread(account.account_id);
  const count = account.sync.items_unread + (account.claims?.sync.items_unread ?? 0);
  if (count === 0 && !retry.isSuccess) return null;
  if (count === 0) {
    return <Note tone="good" role="status" title="Всё, что не удавалось прочитать, прочитано" />;
  }
  return (
    <Note
      tone="warn"
      title={unreadWords(count)}
      actions={
        <>
          <Button aria-expanded={isOpen} onPress={() => setOpen(!isOpen)}>
            {isOpen ? "Скрыть" : "Показать причины"}
          </Button>
          <Button
            icon={<RotateCw size={14} />}
            isPending={retry.isPending}
            onPress={() =>
              retry.mutate(undefined, { onSuccess: (retried) => announce(retriedWords(retried)) })
            }
          >
            Попробовать снова
          </Button>
        </>
      }
    >
      <p>
        Площадка передала данные в виде, который мы не понимаем. Мы храним их как есть и прочитаем, когда
        площадка их исправит или обновится программа; всему остальному это не мешает.
      </p>
      {retry.data && <p>{retriedWords(retry.data)}</p>}
      {retry.error && <ProblemNote error={retry.error} />}
      {isOpen && <Reasons id={account.account_id} />}
    </Note>
  );
}

function Reasons({ id }: { id: string }) {
  const unread = useQuery(unreadItemsQuery(id));
  if (unread.error) return <ProblemNote error={unread.error} onRetry={() => void unread.refetch()} />;
  if (!unread.data) {
    return (
      <Delayed>
        <Spinner size={16} />
      </Delayed>
    );
  }
  const { items, total, expired } = unread.data;
  return (
    <>
      <ul className={styles.items} aria-label="Непрочитанные записи">
        {items.map((item) => (
          <li key={item.item_id}>
            <span>{item.message}</span>
            <span className={styles.quiet}>
              {item.external_id === null ? "без номера" : `№ ${item.external_id}`} · получено{" "}
              {exactTime(item.last_seen_at)}
            </span>
          </li>
        ))}
      </ul>
      {total > items.length && <p className={styles.quiet}>Показаны последние {items.length}.</p>}
      {expired > 0 && <p className={styles.quiet}>{expiredWords(expired)}</p>}
    </>
  );
}
