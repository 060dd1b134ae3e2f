/** Events as sentences. */
import type { Channel, CloudEvent, InteractionSummary } from "@/lib/api/types";
import { clockTime } from "@/lib/format/time";
import { FAILURE, GROUNDS, MARKETPLACE } from "@/lib/words";
import { RELATED } from "./channel-words";

export interface EventWords {
  title: string;
  /** The text the event carries, or the reason it gives. */
  text?: string | undefined;
}

const UNKNOWN: Readonly<Record<string, string>> = {
  timeout: "площадка не ответила вовремя",
  connection_lost: "связь оборвалась во время отправки",
  marketplace_error: "у площадки внутренняя ошибка",
  malformed_answer: "ответ площадки не удалось прочесть",
  sender_lost: "процесс отправки прервался",
};

const SYSTEM: Readonly<Record<string, string>> = {
  sync: "синхронизация",
  delivery: "отправка",
  erasure: "удаление данных",
  on_call: "дежурный",
  automation: "автоматика",
  deadlines: "сроки ответа",
};

const RECEIVED: Record<Channel, string> = {
  review: "Отзыв получен",
  question: "Вопрос получен",
  chat: "Чат получен",
};

/** A reply in a chat is a message, and everything that happens to it is said of a message. */
const ANSWER = {
  requested: "Ответ поставлен на отправку",
  accepted: "принял ответ",
  absent: "ответа",
  marked: "ответ дошёл",
  published: "Ответ опубликован",
  refused: "отклонил ответ",
};
const MESSAGE: typeof ANSWER = {
  requested: "Сообщение поставлено на отправку",
  accepted: "принял сообщение",
  absent: "сообщения",
  marked: "сообщение дошло",
  published: "Сообщение доставлено",
  refused: "отклонил сообщение",
};

/** Where it happened. */
export type Where = Pick<InteractionSummary, "channel" | "marketplace">;

/** Who or what wrote a draft. */
const DRAFTED: Readonly<Record<string, string>> = {
  template: "Предложен черновик по шаблону",
  model: "Предложен черновик модели",
};

/** What happened. An event the console does not know yet keeps its own name. */
export function eventWords(event: CloudEvent, where: Where, now: number): EventWords {
  const market = MARKETPLACE[where.marketplace].short;
  const reply = where.channel === "chat" ? MESSAGE : ANSWER;
  const name = event.type.slice(event.type.lastIndexOf(".") + 1);
  const data = recordOf(event.data);
  const text = stringOf(data.text);
  switch (name) {
    case "Ingested":
      return { title: RECEIVED[where.channel] };
    case "ContentRevised":
      return { title: "Покупатель изменил обращение", text: stringOf(recordOf(data.content).text) };
    case "Linked":
      return { title: RELATED[stringOf(recordOf(data.links).parent) ? "parent" : "supplement"] };
    case "Closed":
      if (data.reason === "chat_closed")
        return { title: `${market} закрыл чат`, text: "Писать в него больше нельзя" };
      if (data.reason === "rejected_elsewhere")
        return { title: `Вопрос отклонён в кабинете ${market}`, text: "Ответ не требуется" };
      if (data.reason === "buyer_erased") return { title: "Обращение закрыто", text: "Ответ невозможен" };
      return { title: `${market} считает обращение обработанным`, text: "Ответ не требуется" };
    case "DraftProposed":
      return { title: DRAFTED[String(data.source)] ?? "Сохранён черновик", text };
    case "DraftRequested":
      return { title: "Запрошен черновик" };
    case "DraftDismissed":
      return { title: "Черновик отклонён" };
    case "ReplyRequested":
      return { title: isOf(data.automation) ? `${reply.requested} без человека` : reply.requested, text };
    case "ReplyRefused":
      return { title: "Текст не прошёл проверку и не отправлен", text };
    case "ReplyReleased":
      return { title: "Отложенное пошло на отправку" };
    case "ReplyCancelled":
      if (data.reason === "automation_stopped")
        return { title: "Отправка отменена", text: "Автоматика остановлена" };
      return { title: "Отправка отменена" };
    case "ReplyMarkedSent":
      return { title: `Отмечено человеком: ${reply.marked}` };
    case "ReplyRetryRequested":
      return { title: `Решено человеком: у ${market} ${reply.absent} нет, отправить снова` };
    case "RejectionRequested":
      return { title: "Отклонение вопроса поставлено на отправку", text };
    case "RejectionSent":
      return { title: `${market} принял отклонение вопроса` };
    case "RejectionConfirmed":
      return { title: "Вопрос отклонён, покупатели его не видят" };
    case "ReplySent":
      return { title: `${market} ${reply.accepted}` };
    case "ReplyOutcomeUnknown":
      return {
        title: "Исход отправки неизвестен, проверяем чтением",
        text: UNKNOWN[stringOf(data.reason) ?? ""],
      };
    case "ReplyConfirmedAbsent":
      return { title: `Проверили чтением: ${reply.absent} у ${market} нет` };
    case "ReplySendFailed":
      return { title: "Отправить не удалось", text: failureWords(data, now) };
    case "ReplyPublished":
      return { title: reply.published };
    case "ReplyModerationFailed":
      return { title: `${market} ${reply.refused}`, text: stringOf(data.marketplace_text) };
    case "ReplyObserved":
      return {
        title: `Увидели ответ у ${market}, данный вне AgentIQ`,
        text: stringOf(recordOf(data.answer).text),
      };
    case "ReplyEditRequested":
      return { title: "Правка поставлена на отправку", text };
    case "ReplyEdited":
      return { title: `${market} принял правку` };
    case "ReplyEditFailed":
      return { title: "Правка не прошла", text: failureWords(data, now) };
    case "MessageReceived":
      return messageWords(recordOf(data.message));
    case "Reopened":
      return { title: `${market} снова открыл чат` };
    case "DeadlineSet":
      return {
        title: isOf(data.was_past) ? "Назначен срок ответа, и он уже прошёл" : "Назначен срок ответа",
        text: deadlineWords(recordOf(data.deadline), now),
      };
    case "SlaEscalated":
      return { title: "Срок ответа подходит, обращение стало срочным" };
    case "SlaBreached":
      return { title: "Срок ответа прошёл, ответа нет" };
    case "Viewed":
      return { title: "Обращение просмотрено" };
    case "BuyerErased":
      return { title: "Данные покупателя удалены", text: groundWords(data) };
    default:
      return { title: name };
  }
}

/** By when, and how urgent that is. */
function deadlineWords(deadline: Record<string, unknown>, now: number): string | undefined {
  const answerBy = stringOf(deadline.answer_by);
  if (answerBy === undefined) return undefined;
  const rule = typeof deadline.rule === "number" ? `, правило № ${deadline.rule}` : "";
  return `До ${clockTime(answerBy, now)}${rule}`;
}

const WROTE: Readonly<Record<string, string>> = {
  buyer: "Написал покупатель",
  seller: "Написал продавец",
  marketplace: "Написала площадка",
};

function messageWords(message: Record<string, unknown>): EventWords {
  return {
    title: WROTE[stringOf(message.author) ?? ""] ?? "Сообщение в чате",
    text: stringOf(recordOf(message.words).text),
  };
}

function groundWords(data: Record<string, unknown>): string {
  const ground = GROUNDS.find((each) => each.value === data.ground)?.label ?? "Ключ найден уничтоженным";
  const reference = stringOf(data.reference);
  return reference === undefined ? ground : `${ground}, № ${reference}`;
}

/** Who did it. */
export function actorWords(actor: string | null | undefined, userId: string): string {
  if (!actor) return "AgentIQ";
  const [kind, name = ""] = actor.split(":", 2);
  if (kind === "user") return name === userId ? "вы" : "оператор";
  return SYSTEM[name] ?? "AgentIQ";
}

function failureWords(data: Record<string, unknown>, now: number): string {
  const why = FAILURE[stringOf(data.failure) ?? ""] ?? "причина неизвестна";
  const retryAt = stringOf(data.retry_at);
  return retryAt === undefined ? why : `${why}; следующая попытка ${clockTime(retryAt, now)}`;
}

function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

/** Whether the event names what it is of. */
function isOf(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function stringOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
