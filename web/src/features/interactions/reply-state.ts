/** What the console says about each state of a reply. */
import type { Reply, ReplyState } from "@/lib/api/types";
import { clockTime } from "@/lib/format/time";

export type Look = "busy" | "good" | "bad" | "blocked" | "unsure";

export interface ReplyWords {
  look: Look;
  title: string;
  details: string[];
}

const LOOK: Record<ReplyState, Look> = {
  sending: "busy",
  sent: "good",
  published: "good",
  failed: "bad",
  rejected: "blocked",
  unknown: "unsure",
};

/** Title and explanation of a reply's state. `market` is the marketplace's short name. */
export function replyWords(reply: Reply, market: string, now: number): ReplyWords {
  const look = LOOK[reply.state];
  const reason = reply.failure?.message ?? "причина неизвестна";
  switch (reply.state) {
    case "sending":
      return { look, title: "Отправка...", details: attemptWords(reply, now) };
    case "sent":
      return {
        look,
        title: "Отправлено",
        details: [
          reply.unfollowed ??
            `${market} принял ответ. Увидим его на площадке — здесь появится «опубликовано».`,
        ],
      };
    case "published":
      if (reply.kind === "observed")
        return { look, title: "Ответ дан вне AgentIQ · опубликовано", details: [] };
      return {
        look,
        title: reply.published_at
          ? `Отправлено · опубликовано ${clockTime(reply.published_at, now)}`
          : "Отправлено · опубликовано",
        details: [],
      };
    case "failed":
      return {
        look,
        title: `Ошибка: ${lowerFirst(reason)}`,
        details: [
          ...(reply.attempts > 1 ? [`Попыток: ${reply.attempts}.`] : []),
          ...(mayStand(reply)
            ? [
                `Сами мы повторять не станем. Посмотрите обращение в кабинете ${market}: если ответа там нет, отправьте ещё раз.`,
              ]
            : []),
        ],
      };
    case "rejected":
      return {
        look,
        title: `Заблокировано: ${lowerFirst(reason)}`,
        details: ["Покупатель этот ответ не увидит. Измените текст и отправьте снова."],
      };
    case "unknown":
      return {
        look,
        title: `Не знаем, дошло ли. Проверяем у ${market}`,
        details: [
          `${market} не подтвердил отправку. Мы читаем обращение, пока не станет ясно; повторять не нужно, чтобы покупатель не получил ответ дважды.`,
        ],
      };
  }
}

/** Whether sending again may give the buyer a second answer: the first was accepted and then not seen. */
export function mayStand(reply: Reply | null): boolean {
  return reply?.state === "failed" && reply.failure?.code === "not_published";
}

function attemptWords(reply: Reply, now: number): string[] {
  if (!reply.failure) return [];
  const next = reply.failure.retry_at ? ` Следующая попытка ${clockTime(reply.failure.retry_at, now)}.` : "";
  return [`Попытка ${reply.attempts}: ${lowerFirst(reply.failure.message)}.${next}`.replace("..", ".")];
}

function lowerFirst(text: string): string {
  // An abbreviation ("WB отклонил…", "API ключ…") keeps its capitals.
  return /^[А-ЯЁ][а-яё]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}
