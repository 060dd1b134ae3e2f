/** What the console says about a bulk. */
import type { Bulk, BulkItemState, BulkSummary } from "@/lib/api/types";
import { counted, grouped, type Forms } from "@/lib/format/count";
import { REPLY_STATE } from "@/lib/words";

export const ITEMS: Forms = ["обращение", "обращения", "обращений"];
const REPLIES: Forms = ["ответ", "ответа", "ответов"];
const SECONDS: Forms = ["секунды", "секунд", "секунд"];
const MINUTES: Forms = ["минуты", "минут", "минут"];
const HOURS: Forms = ["часа", "часов", "часов"];

export const ITEM_STATE: Record<BulkItemState, string> = {
  ...REPLY_STATE,
  waiting: "Ждёт очереди",
  rejected: "Отклонено модерацией",
  refused: "Заблокировано",
  not_sent: "Не отправлено: остановлено",
};

/** The names of the groups of a summary, in their order. */
export const GROUPS: readonly {
  states: readonly BulkItemState[];
  name: string;
  tone: "good" | "bad" | "";
}[] = [
  { states: ["sent", "published"], name: "отправлено", tone: "good" },
  { states: ["waiting", "held", "sending"], name: "в очереди", tone: "" },
  { states: ["unknown"], name: "проверяем на площадке", tone: "" },
  { states: ["refused"], name: "заблокировано", tone: "bad" },
  { states: ["failed", "rejected"], name: "ошибка", tone: "bad" },
  { states: ["cancelled", "not_sent"], name: "не отправлено", tone: "" },
];

/** Items that nothing of this bulk reached, and nothing will. */
export const UNSENT: readonly BulkItemState[] = ["refused", "failed", "rejected", "cancelled", "not_sent"];

/** "Отправлено 5 из 12…" while it goes on. */
export function progressOf({ state, counts }: Bulk): string {
  const told = `Отправлено ${grouped(counts.sent)} из ${grouped(counts.total)}`;
  return state === "running" ? `${told}…` : told;
}

/** What a bulk is doing, as a word. */
export const BULK_STATE: Record<BulkSummary["state"], string> = {
  running: "Идёт",
  stopping: "Останавливается",
  stopped: "Остановлена",
  done: "Завершена",
};

/** "около 4 минут" */
export function durationOf(seconds: number): string {
  if (seconds < 2) return "пару секунд";
  if (seconds < 60) return `около ${counted(seconds, SECONDS)}`;
  if (seconds < 3600) return `около ${counted(Math.round(seconds / 60), MINUTES)}`;
  return `около ${counted(Math.round(seconds / 3600), HOURS)}`;
}

/** "Отправить 12 ответов" */
export function sendWords(count: number): string {
  return `Отправить ${counted(count, REPLIES)}`;
}
