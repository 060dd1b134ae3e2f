/** What narrows the list, with live counts; every choice goes to the URL. */
import { ArrowUp, RefreshCw } from "lucide-react";
import { ToggleButton, ToggleButtonGroup } from "react-aria-components";
import {
  DUE,
  RATINGS,
  readDue,
  readListing,
  readRatings,
  VIEWS,
  viewOf,
  withDue,
  withParam,
  type Narrowing,
} from "@/features/interactions/filters";
import { Button } from "@/components/Button";
import { Choice } from "@/components/Choice";
import { IconButton } from "@/components/IconButton";
import type { Account, InteractionCounts } from "@/lib/api/types";
import { counted, grouped, type Forms } from "@/lib/format/count";
import { localMoment } from "@/lib/format/time";
import { useShortcut } from "@/lib/keyboard/shortcuts";
import { CHANNELS, MARKETPLACE, REPLY_STATE, STATUS } from "@/lib/words";
import { FilterChips } from "./FilterChips";
import styles from "./FilterBar.module.css";

const ORDERS = [
  { value: "newest", label: "Сначала новые" },
  { value: "oldest", label: "Сначала старые" },
  { value: "deadline", label: "По сроку ответа" },
] as const;
/** What comes with a link and has no choice of its own. */
const LINKED: readonly Narrowing[] = [
  "reply_state",
  "complaint",
  "intent",
  "product",
  "written_since",
  "written_until",
];
const NEW: Forms = ["новый", "новых", "новых"];

interface FilterBarProps {
  params: URLSearchParams;
  onChange: (params: URLSearchParams) => void;
  accounts: readonly Account[];
  total: number | undefined;
  byRating: InteractionCounts["by_rating"] | undefined;
  /** Items that have come since and are not on the list yet. */
  newCount: number;
  isRefreshing: boolean;
  onRefresh: () => void;
}

export function FilterBar(props: FilterBarProps) {
  const { params, onChange, accounts, total, byRating } = props;
  const { filters, order } = readListing(params);
  const set = (name: string, value: string) => onChange(withParam(params, name, value));
  const view = VIEWS.find((each) => each.key === viewOf(params));
  useShortcut("filters", () => {
    document.querySelector<HTMLElement>("#filters button")?.focus();
  });

  return (
    <header className={styles.bar}>
      <div className={styles.line}>
        <h1 className={styles.title}>
          {view?.name ??
            (filters.reply_state && REPLY_STATE[filters.reply_state]) ??
            (filters.status && STATUS[filters.status]) ??
            "Обращения"}
        </h1>
        <span className={styles.total} aria-label="Найдено">
          {total === undefined ? "" : grouped(total)}
        </span>
        {props.newCount > 0 && (
          <Button weight="primary" size="small" icon={<ArrowUp size={14} />} onPress={props.onRefresh}>
            {counted(props.newCount, NEW)}
          </Button>
        )}
        <IconButton
          label="Обновить список"
          icon={<RefreshCw size={14} className={props.isRefreshing ? styles.turning : undefined} />}
          onPress={props.onRefresh}
        />
      </div>
      <div className={styles.filters} id="filters" role="group" aria-label="Фильтры">
        <ToggleButtonGroup
          aria-label="Оценка"
          selectionMode="multiple"
          className={styles.ratings ?? ""}
          selectedKeys={readRatings(params)}
          onSelectionChange={(chosen) =>
            set("rating", RATINGS.filter((rating) => chosen.has(rating)).join(","))
          }
        >
          {RATINGS.map((rating) => (
            <ToggleButton key={rating} id={rating} className={styles.rating ?? ""}>
              <span className="visually-hidden">Оценка</span> {rating}
              <span className={styles.star} aria-hidden="true">
                ★
              </span>
              <span className={styles.count}>
                {byRating === undefined ? "" : grouped(byRating[rating] ?? 0)}
              </span>
            </ToggleButton>
          ))}
        </ToggleButtonGroup>
        <Choice label="Порядок" value={order} options={ORDERS} onChange={(value) => set("order", value)} />
        <Choice
          label="Срок ответа"
          value={readDue(params)}
          isActive={readDue(params) !== ""}
          options={DUE}
          onChange={(due) => onChange(withDue(params, due))}
        />
        {accounts.length > 1 && (
          <Choice
            label="Кабинет"
            value={filters.account_id ?? ""}
            isActive={filters.account_id !== undefined}
            options={[
              { value: "", label: "Все кабинеты" },
              ...accounts.map((account) => ({ value: account.account_id, label: account.name })),
            ]}
            onChange={(value) => set("account_id", value)}
          />
        )}
        <Choice
          label="Площадка"
          value={filters.marketplace ?? ""}
          isActive={filters.marketplace !== undefined}
          options={[{ value: "", label: "Все площадки" }, ...optionsOf(MARKETPLACE, (market) => market.name)]}
          onChange={(value) => set("marketplace", value)}
        />
        <Choice
          label="Канал"
          value={filters.channel ?? ""}
          isActive={filters.channel !== undefined}
          options={[{ value: "", label: "Все каналы" }, ...optionsOf(CHANNELS, (name) => name)]}
          onChange={(value) => set("channel", value)}
        />
        <FilterChips names={LINKED} params={params} onChange={onChange} accounts={accounts} />
        <label className={styles.moment}>
          На момент
          <input
            type="datetime-local"
            step={1}
            value={filters.as_of === undefined ? "" : localMoment(filters.as_of)}
            onChange={(event) => {
              const time = new Date(event.target.value);
              set("at", Number.isNaN(time.getTime()) ? "" : time.toISOString());
            }}
          />
        </label>
      </div>
    </header>
  );
}

function optionsOf<T extends string, W>(words: Record<T, W>, label: (word: W) => string) {
  return (Object.keys(words) as T[]).map((value) => ({ value, label: label(words[value]) }));
}
