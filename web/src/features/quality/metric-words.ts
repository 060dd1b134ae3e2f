/** What is counted of answers, in words, each number with the filter of its list. */
import type {
  Channel,
  Days,
  Intent,
  Marketplace,
  Measured,
  MeasuredFilters,
  MetricBy,
  QualityMetric,
  ReplyFigures,
  ReplyGroup,
} from "@/lib/api/types";
import { lasting } from "@/lib/format/time";
import { percent } from "@/lib/lineage";
import { CHANNELS, FAILURE, INTENT, MARKETPLACE } from "@/lib/words";
import { periodSearch } from "./period";

/** The name of each number that has a list. */
export const METRIC: Record<QualityMetric, string> = {
  answered: "Отвечено",
  answered_here: "Отсюда",
  answered_elsewhere: "Вне AgentIQ",
  automatic: "Автоматически",
  in_bulk: "Общий ответ многим",
  unmeasured: "Правку не измеряли",
  judged: "Решал человек",
  accepted: "Черновик без правок",
  edited: "Черновик с правкой",
  manual: "Другой текст",
  measured: "Правка измерена",
  timed: "Время ответа известно",
  sla_due: "Был срок ответа",
  sla_met: "Ответили в срок",
  sla_missed: "Не успели в срок",
  refused: "Отклонила модерация",
  unknown: "Исход не сразу был известен",
  failed: "Отправка не удалась",
  in_doubt: "Пришлось проверять вручную",
};

/** By what numbers can be told apart. */
export const BY: Record<MetricBy, string> = {
  day: "По дням",
  channel: "По каналам",
  marketplace: "По площадкам",
  account: "По кабинетам",
  operator: "По сотрудникам",
  rating: "По оценкам",
  intent: "По темам",
  product: "По товарам",
};

/** How a group is called that has nothing in common but the lack of it. */
const WITHOUT: Record<MetricBy, string> = {
  day: "Без дня",
  channel: "Без канала",
  marketplace: "Без площадки",
  account: "Без кабинета",
  operator: "Без сотрудника",
  rating: "Без оценки",
  intent: "Тему никто не определял",
  product: "Товар неизвестен",
};

/** A number and its list. */
export interface MetricFigure {
  metric: QualityMetric;
  count: number;
  /** Its share of what it is a part of, in per cent. */
  share?: number | null;
  isBad?: boolean;
}

/** What answers were, in the order in which it is told. */
export function answerFigures(figures: ReplyFigures): MetricFigure[] {
  const rate = (metric: "accepted" | "edited" | "manual" | "automatic" | "sla_met" | "sla_missed") => ({
    metric,
    count: figures[metric].count,
    share: figures[metric].percent,
  });
  return [
    { metric: "answered", count: figures.answered },
    { metric: "answered_here", count: figures.answered_here },
    { metric: "answered_elsewhere", count: figures.answered_elsewhere },
    rate("automatic"),
    { metric: "sla_due", count: figures.sla_met.of },
    rate("sla_met"),
    { ...rate("sla_missed"), isBad: true },
    { metric: "judged", count: figures.accepted.of },
    rate("accepted"),
    rate("edited"),
    rate("manual"),
    { metric: "in_bulk", count: figures.in_bulk },
    ...(figures.unmeasured > 0 ? [{ metric: "unmeasured" as const, count: figures.unmeasured }] : []),
  ];
}

/** What went wrong on the way. */
export function troubleFigures(figures: ReplyFigures): MetricFigure[] {
  return [
    { metric: "refused", count: figures.refused, isBad: true },
    { metric: "failed", count: figures.failed, isBad: true },
    { metric: "in_doubt", count: figures.in_doubt, isBad: true },
    { metric: "unknown", count: figures.unknown },
  ];
}

/** "у половины — 25 мин, у девяти из десяти — 3 ч"; none where nothing was measured. */
export function howLong({ p50, p90 }: { p50: number | null; p90: number | null }): string | null {
  if (p50 === null || p90 === null) return null;
  return `у половины — ${lasting(p50 * 1000)}, у девяти из десяти — ${lasting(p90 * 1000)}`;
}

/** "у половины — не больше 4 %, у девяти из десяти — не больше 20 %"; none where nothing was measured. */
export function howMuch({ p50, p90 }: { p50: number | null; p90: number | null }): string | null {
  if (p50 === null || p90 === null) return null;
  return `у половины — не больше ${percent(p50)}, у девяти из десяти — не больше ${percent(p90)}`;
}

/** How a group is called. */
export function groupName(
  by: MetricBy,
  { key, who }: Pick<ReplyGroup, "key" | "who">,
  accountName: (id: string) => string,
): string {
  if (key === null) return WITHOUT[by];
  switch (by) {
    case "channel":
      return CHANNELS[key as Channel];
    case "marketplace":
      return MARKETPLACE[key as Marketplace].name;
    case "account":
      return accountName(key);
    case "operator":
      return who ?? key;
    case "rating":
      return `${key} из 5`;
    case "intent":
      return INTENT[key as Intent];
    case "day":
      return key.split("-").reverse().join(".");
    case "product":
      return key;
  }
}

/** Why sending failed, as a person says it. */
export function causeName(cause: string): string {
  return FAILURE[cause] ?? cause;
}

/** The number whose list the address names; all answers where it names none. */
export function measuredFilters(params: URLSearchParams): MeasuredFilters {
  const known = <K extends string>(words: Record<K, string>, name: string) =>
    (Object.keys(words) as K[]).find((word) => word === params.get(name));
  const metric = known(METRIC, "metric") ?? "answered";
  const by = known(BY, "by");
  const key = params.get("key");
  const cause = params.get("cause");
  return {
    metric,
    ...(cause !== null && metric === "failed" ? { cause } : {}),
    ...(by === undefined ? {} : { by, ...(key === null ? {} : { key }) }),
  };
}

/** The address of a number's list. */
export function measuredAddress(days: Days, filters: MeasuredFilters): string {
  return `/answers/items?${new URLSearchParams({ ...periodSearch(days), ...filters }).toString()}`;
}

/** By what the address asks to tell numbers apart. */
export function byOf(params: URLSearchParams): MetricBy {
  return (Object.keys(BY) as MetricBy[]).find((by) => by === params.get("by")) ?? "day";
}

/** "ответили · ждали 25 мин · черновик с правкой на 12 %": what is known of the first answer. */
export function answeredLine(interaction: Measured): string {
  const { answered_at: at, answered_by: by, waited_seconds: waited } = interaction;
  if (at === null) return "ответа нет";
  const how = {
    elsewhere: "ответили вне AgentIQ",
    automatic: "ответили автоматически",
    operator: "ответили",
  };
  const parts = [
    how[by ?? "operator"],
    waited === null ? "" : `ждали ${lasting(waited * 1000)}`,
    by === "operator" ? ofDraft(interaction) : "",
  ];
  return parts.filter((part) => part !== "").join(" · ");
}

/** What the answer is to its draft; empty where nobody measured it. */
function ofDraft({ outcome, changed_percent: changed }: Measured): string {
  switch (outcome) {
    case "accepted":
      return "черновик без правок";
    case "edited":
      return changed === null ? "черновик с правкой" : `черновик с правкой на ${percent(changed)}`;
    case "manual":
      return "другой текст";
    case "in_bulk":
      return "общий ответ многим";
    case "automatic":
    case "carried":
    case "dismissed":
    case "open":
    case "superseded":
    case "taken_back":
    case "unmeasured":
    case "unused":
    case null:
      return "";
  }
}
