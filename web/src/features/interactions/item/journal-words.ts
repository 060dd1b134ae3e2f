/** Events as sentences. */
import type { CloudEvent } from "@/lib/api/types";

export interface EventWords {
  title: string;
  text?: string | undefined;
}

/** What happened. `market` is the marketplace's short name. An event the console does not know yet keeps its own name. */
export function eventWords(event: CloudEvent, market: string): EventWords {
  const name = event.type.slice(event.type.lastIndexOf(".") + 1);
  const text = textOf(event.data, "text");
  const reason = textOf(event.data, "message") ?? textOf(event.data, "reason");
  switch (name) {
    case "Ingested":
      return { title: "Отзыв получен" };
    case "ContentRevised":
      return { title: "Покупатель изменил отзыв", text };
    case "DraftProposed":
      return { title: "Предложен черновик", text };
    case "ReplyRequested":
      return { title: "Ответ поставлен на отправку", text };
    case "ReplySent":
      return { title: `${market} принял ответ` };
    case "ReplyOutcomeUnknown":
      return { title: "Исход отправки неизвестен, проверяем чтением", text: reason };
    case "ReplyConfirmedAbsent":
      return { title: `Проверили: ответа у ${market} нет` };
    case "ReplySendFailed":
      return { title: "Отправить не удалось", text: reason };
    case "ReplyPublished":
      return { title: "Ответ опубликован" };
    case "ReplyModerationFailed":
      return { title: `${market} отклонил ответ`, text: reason };
    case "ReplyObserved":
      return { title: `Увидели ответ у ${market}`, text };
    case "ReplyParked":
      return { title: "Исход выяснить не удалось, нужен человек" };
    case "ReplyEditRequested":
      return { title: "Правка поставлена на отправку", text };
    case "ReplyEdited":
      return { title: `${market} принял правку` };
    case "ReplyEditFailed":
      return { title: "Правка не прошла", text: reason };
    default:
      return { title: name };
  }
}

/** Who did it. */
export function actorWords(event: CloudEvent, userId: string, market: string): string {
  if (!event.aiqactor) return event.type.endsWith(".Ingested") ? `синхронизация ${market}` : "AgentIQ";
  return event.aiqactor.includes(userId) ? "вы" : event.aiqactor;
}

function textOf(data: unknown, name: string): string | undefined {
  if (typeof data !== "object" || data === null) return undefined;
  const value = (data as Record<string, unknown>)[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}
