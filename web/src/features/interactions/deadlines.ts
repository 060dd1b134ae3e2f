/** Deadlines in the operator's words. */
import type { Deadline, DeadlineReasons } from "@/lib/api/types";
import { counted, type Forms } from "@/lib/format/count";
import { clockTime, exactTime, lasting } from "@/lib/format/time";
import { PRIORITY } from "@/lib/words";

const MINUTES: Forms = ["минута", "минуты", "минут"];
const TIMES: Forms = ["перерыв", "перерыва", "перерывов"];
/** So many pauses are told one by one; the rest as a number. */
const PAUSES_TOLD = 5;

const PAUSE: Record<DeadlineReasons["pauses"][number]["reason"], string> = {
  night: "ночь",
  lunch: "перерыв",
  weekend: "выходной",
  holiday: "особый день",
};

/** A line of an explanation. */
export interface Line {
  name: string;
  text: string;
}

/** How pressing a deadline is. */
export function toneOf(deadline: Deadline, now: number): "late" | "soon" | "calm" {
  if (now >= Date.parse(deadline.answer_by)) return "late";
  return now >= Date.parse(deadline.warn_at) ? "soon" : "calm";
}

/** Why a deadline is when it is: what was promised, by which rule, by whose clock. */
export function linesOf(
  deadline: Deadline,
  reasons: DeadlineReasons | null | undefined,
  now: number,
): Line[] {
  const policy = deadline.policy === 0 ? "исходные" : `версия ${deadline.policy}`;
  const lines: Line[] = [
    { name: "Ответить до", text: exactTime(deadline.answer_by) },
    { name: "Ждёт с", text: exactTime(deadline.waits_since) },
    { name: "Срочность", text: urgencyOf(deadline, reasons) },
    { name: "По правилу", text: ruleOf(deadline, reasons) },
    { name: "Сроки магазина", text: policy },
  ];
  if (!reasons) return lines;
  lines.push({ name: "Часы магазина", text: shopClock(reasons) });
  lines.push(...pausesOf(reasons, now));
  lines.push({
    name: "Часы площадки",
    text: reasons.marketplace_until
      ? `ответ примут до ${exactTime(reasons.marketplace_until)}; они не останавливаются`
      : "срока ответа площадка не ставит",
  });
  return lines;
}

function urgencyOf(deadline: Deadline, reasons: DeadlineReasons | null | undefined): string {
  const urgency = PRIORITY[deadline.priority].toLowerCase();
  const minutes = reasons ? `, ${counted(reasons.minutes, MINUTES)} на ответ` : "";
  const raised = deadline.escalated && deadline.priority !== "urgent" ? "; срок подошёл, теперь срочно" : "";
  return `${urgency}${minutes}${raised}`;
}

function ruleOf(deadline: Deadline, reasons: DeadlineReasons | null | undefined): string {
  if (deadline.rule === null) return "общая таблица: канал, оценка и тема";
  const phrases = reasons?.rule_phrases.map((phrase) => `«${phrase}»`).join(", ") ?? "";
  return `правило № ${deadline.rule}${phrases && `: ${phrases}`}`;
}

function shopClock({ clock, zone, off_hours_percent, paused_minutes }: DeadlineReasons): string {
  const longer =
    off_hours_percent === null ? "" : `; пришло в нерабочее время, срок — ${off_hours_percent} %`;
  if (clock === "wall_clock") return `идут без остановки${longer}`;
  const stood = paused_minutes > 0 ? `, стояли ${lasting(paused_minutes * 60_000)}` : ", не стояли";
  return `рабочее время (${zone})${stood}${longer}`;
}

function pausesOf({ pauses, pauses_left_out }: DeadlineReasons, now: number): Line[] {
  const told = pauses.slice(0, PAUSES_TOLD).map((pause) => ({
    name: "Не считается",
    text: `${PAUSE[pause.reason]}: ${clockTime(pause.from, now)} – ${clockTime(pause.until, now)}`,
  }));
  const more = pauses.length - told.length + pauses_left_out;
  if (more > 0) told.push({ name: "Не считается", text: `и ещё ${counted(more, TIMES)}` });
  return told;
}
