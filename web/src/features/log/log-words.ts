/** What vouches for the events, in words for an owner. */
import type { LogStanding } from "@/lib/api/types";
import { counted, type Forms } from "@/lib/format/count";

const EVENTS: Forms = ["событие", "события", "событий"];

const MODEL: Record<string, string> = {
  inbox: "Очередь обращений",
  thread: "Карточка обращения",
  reply_history: "История ответов",
  accounts: "Кабинеты",
  effects: "Отправка на площадки",
};

/** The name of what is shown from the events. */
export function modelName(model: string): string {
  return MODEL[model] ?? model;
}

/** Whether all events are signed, in one line. */
export function signedTitle({ events, unsigned }: LogStanding): string {
  if (events === 0) return "Событий пока нет";
  const signed = events - unsigned;
  if (unsigned === 0) return `Подписано всё: ${counted(events, EVENTS)}`;
  return signed === 0
    ? `Ждут первой подписи: ${counted(events, EVENTS)}`
    : `Подписано ${counted(signed, EVENTS)} из ${events}, остальные ждут следующей подписи`;
}

/** "2 с", "5 мин", or that nothing waits. */
export function lagWords(seconds: number): string {
  if (seconds < 1) return "без отставания";
  return seconds < 60 ? `отстаёт на ${Math.round(seconds)} с` : `отстаёт на ${Math.round(seconds / 60)} мин`;
}
