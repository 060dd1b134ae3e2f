/** The steps of an item's history: which one a link means, and what each changed, in words. */
import type { Change, Step } from "@/lib/api/types";
import { REPLY_STATE, STATUS } from "@/lib/words";

/** A field that changed, as a person reads it. */
export interface ChangeWords {
  name: string;
  before: string;
  after: string;
}

/** What is shown of what changed; the rest follows from it, or is of no use to a person. */
const FIELDS: readonly { field: string; name: string }[] = [
  { field: "status", name: "Состояние" },
  { field: "rating", name: "Оценка" },
  { field: "buyer_name", name: "Имя покупателя" },
  { field: "content.text", name: "Текст покупателя" },
  { field: "content.pros", name: "Достоинства" },
  { field: "content.cons", name: "Недостатки" },
  { field: "content.video_url", name: "Видео" },
  { field: "chat.open", name: "Чат открыт" },
  { field: "draft", name: "Черновик" },
  { field: "draft.text", name: "Черновик" },
  { field: "draft.stale", name: "Черновик устарел" },
  { field: "reply", name: "Ответ" },
  { field: "reply.text", name: "Ответ" },
  { field: "reply.state", name: "Ответ на площадке" },
  { field: "reply.failure", name: "Что не так" },
  { field: "reply.failure.message", name: "Что не так" },
  { field: "can_answer.allowed", name: "Можно ответить" },
  { field: "can_edit.allowed", name: "Можно править ответ" },
  { field: "account_name", name: "Кабинет" },
  { field: "erased", name: "Данные покупателя удалены" },
];

/** The step that a cursor in a link names; only the server can tell what a time means. */
export function stepOf(steps: readonly Step[], asOf: string): Step | undefined {
  return steps.find((step) => step.event.aiqcursor === asOf);
}

/** What a step changed, in the order of `FIELDS`. */
export function changeWords(changes: readonly Change[]): ChangeWords[] {
  const fields = FIELDS.flatMap(({ field, name }) =>
    changes
      .filter((change) => change.field === field)
      .map((change) => ({
        name,
        before: valueWords(field, change.before),
        after: valueWords(field, change.after),
      })),
  );
  return [...chatWords(changes), ...fields];
}

/** What was said stands in the banner: a message that comes later than younger ones moves them all. */
function chatWords(changes: readonly Change[]): ChangeWords[] {
  const inChat = changes.filter(({ field }) => field.startsWith("chat.messages."));
  if (inChat.length === 0) return [];
  const isErased = inChat.some(({ field, after }) => field.endsWith(".erased") && after === true);
  return [
    isErased
      ? { name: "Переписка", before: "видна", after: "удалена" }
      : { name: "Переписка", before: "без сообщения", after: "новое сообщение" },
  ];
}

function valueWords(field: string, value: unknown): string {
  if (value === null || value === undefined || value === "") return "нет";
  if (typeof value === "boolean") return value ? "да" : "нет";
  if (typeof value === "number") return String(value);
  if (typeof value === "string") {
    if (field === "status") return wordOf(STATUS, value);
    return field === "reply.state" ? wordOf(REPLY_STATE, value) : value;
  }
  if (typeof value !== "object") return "";
  const { text, message } = value as { text?: unknown; message?: unknown };
  return typeof text === "string" ? text : typeof message === "string" ? message : "";
}

function wordOf(words: Readonly<Record<string, string>>, value: string): string {
  return words[value] ?? value;
}
