/** What became of a draft that was to go out without a person. */
import type { AutomationStatusItem } from "@/lib/api/types";
import { untilSent } from "@/lib/format/time";

const OUTCOME: Record<AutomationStatusItem["outcome"], string> = {
  held: "Отложен",
  out: "Ушёл",
  taken_back: "Возвращён",
  refused: "Не ушёл",
};

/** "Уйдёт через 42 с", "Ушёл", "Не ушёл: Лимит в час исчерпан" */
export function outcomeWords({ outcome, held_until, message }: AutomationStatusItem, now: number): string {
  if (outcome === "held" && held_until !== null) return `Уйдёт ${untilSent(held_until, now)}`;
  const why = outcome === "taken_back" || outcome === "refused" ? message : null;
  return why ? `${OUTCOME[outcome]}: ${why}` : OUTCOME[outcome];
}
