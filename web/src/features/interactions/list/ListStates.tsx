/** What the list shows when it has no rows: waiting, done, nothing found, nothing connected. */
import { CheckCheck, Download, SearchX, Store } from "lucide-react";
import { Link } from "react-router";
import { isNarrowed, NARROWING, readListing, viewOf } from "@/features/interactions/filters";
import { Delayed } from "@/components/Delayed";
import { Empty } from "@/components/Empty";
import { Skeleton } from "@/components/Skeleton";
import type { Account } from "@/lib/api/types";
import { useNow } from "@/lib/clock";
import { counted, type Forms } from "@/lib/format/count";
import { clockTime } from "@/lib/format/time";
import { FilterChips } from "./FilterChips";
import styles from "./ListStates.module.css";

const SKELETON_ROWS = Array.from({ length: 12 }, (_, index) => index);
const LOADED: Forms = ["обращение", "обращения", "обращений"];

export function ListSkeleton() {
  return (
    <Delayed>
      <div className={styles.skeletons} role="status" aria-label="Загрузка списка">
        {SKELETON_ROWS.map((index) => (
          <div key={index} className={styles.skeleton}>
            <Skeleton width={`${45 + ((index * 17) % 30)}%`} />
            <Skeleton width={`${30 + ((index * 23) % 25)}%`} />
            <Skeleton width={`${65 + ((index * 11) % 30)}%`} />
          </div>
        ))}
      </div>
    </Delayed>
  );
}

interface EmptyListProps {
  params: URLSearchParams;
  onChange: (params: URLSearchParams) => void;
  accounts: readonly Account[];
}

export function EmptyList({ params, onChange, accounts }: EmptyListProps) {
  const now = useNow();
  const { filters } = readListing(params);
  if (accounts.length === 0) {
    return (
      <Empty icon={<Store size={28} />} title="Подключите кабинет">
        <p>Отзывы, вопросы и чаты появятся здесь, как только начнётся загрузка.</p>
        <Link to="/accounts" className={styles.call}>
          Подключить кабинет
        </Link>
      </Empty>
    );
  }
  if (isNarrowed(filters)) {
    return (
      <Empty icon={<SearchX size={28} />} title="Ничего не найдено">
        <div className={styles.chips}>
          <FilterChips names={NARROWING} params={params} onChange={onChange} accounts={accounts} />
        </div>
      </Empty>
    );
  }
  const loading = accounts.find((account) => account.status === "connected" && !account.sync.backfill_done);
  if (loading) {
    return (
      <Empty icon={<Download size={28} />} title="Загружаем обращения">
        <p role="status">
          {loading.name}: {counted(loading.sync.items_seen, LOADED)}
        </p>
      </Empty>
    );
  }
  const next = accounts
    .map((account) => account.sync.next_sync_at)
    .filter((at) => at !== null)
    .sort()[0];
  const view = viewOf(params);
  return (
    <Empty
      icon={<CheckCheck size={28} />}
      title={
        view === "needs_response"
          ? "Все ответы отправлены"
          : view === "failed"
            ? "Ошибок отправки нет"
            : "Здесь пусто"
      }
    >
      {next !== undefined && <p>Следующая синхронизация {clockTime(next, now)}</p>}
      {view !== "all" && <Link to="/queue">Показать все обращения</Link>}
    </Empty>
  );
}
