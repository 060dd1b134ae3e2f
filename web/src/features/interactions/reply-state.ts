/** What the console says about each state of a reply. */
import type { Channel, Reply, ReplyState } from "@/lib/api/types";
import { clockTime } from "@/lib/format/time";

export type Look = "held" | "busy" | "good" | "bad" | "blocked" | "unsure";

export interface ReplyWords {
  look: Look;
  title: string;
  details: string[];
}

const LOOK: Record<ReplyState, Look> = {
  held: "held",
  cancelled: "held",
  sending: "busy",
  sent: "good",
  published: "good",
  failed: "bad",
  rejected: "blocked",
  unknown: "unsure",
};

/** Where a reply is read, and what it is called there. */
interface PlaceWords {
  accepted: (market: string) => string;
  published: string;
  /** Where a person looks whether it is there, and what is looked for. */
  look: string;
  is: string;
  /** The two answers to whether it stands there. */
  arrived: string;
  absent: string;
  /** What must not come twice. */
  twice: string;
  unseen: string;
}

const ANSWER: PlaceWords = {
  accepted: (market) => `${market} принял ответ. Увидим его на площадке — здесь появится «опубликовано».`,
  published: "опубликовано",
  look: "обращение",
  is: "ответа",
  arrived: "Ответ дошёл — отметить отправленным",
  absent: "Не дошёл — отправить снова",
  twice: "ответ",
  unseen: "Покупатель этот ответ не увидит.",
};

const MESSAGE: PlaceWords = {
  accepted: (market) => `${market} принял сообщение. Увидим его в чате — здесь появится «доставлено».`,
  published: "доставлено",
  look: "чат",
  is: "сообщения",
  arrived: "Сообщение дошло — отметить отправленным",
  absent: "Не дошло — отправить снова",
  twice: "сообщение",
  unseen: "Покупатель это сообщение не увидит.",
};

/** Title and explanation of a reply's state. `market` is the marketplace's short name. */
export function replyWords(
  reply: Reply,
  market: string,
  now: number,
  channel: Channel = "review",
): ReplyWords {
  if (reply.stopped_by) return stoppedWords(reply, reply.stopped_by, now);
  const look = LOOK[reply.state];
  if (reply.kind === "rejection") return { look, ...rejectionWords(reply, market, now) };
  const place = channel === "chat" ? MESSAGE : ANSWER;
  const reason = reply.failure?.message ?? "причина неизвестна";
  switch (reply.state) {
    case "held":
      return { look, title: heldWords(reply, now), details: [] };
    case "cancelled":
      return { look, title: cancelledWords(reply), details: [`${place.unseen} Текст сохранён.`] };
    case "sending":
      return { look, title: "Отправка...", details: attemptWords(reply, now) };
    case "sent":
      return {
        look,
        title: "Отправлено",
        details: [reply.unfollowed ?? place.accepted(market)],
      };
    case "published":
      if (reply.kind === "observed")
        return { look, title: "Ответ дан вне AgentIQ · опубликовано", details: [] };
      return {
        look,
        title: reply.published_at
          ? `Отправлено · ${place.published} ${clockTime(reply.published_at, now)}`
          : `Отправлено · ${place.published}`,
        details: [],
      };
    case "failed":
      return {
        look,
        title: `Ошибка: ${lowerFirst(reason)}`,
        details: [
          ...(reply.attempts > 1 ? [`Попыток: ${reply.attempts}.`] : []),
          ...adviceFor(reply, market),
          ...(mayStand(reply)
            ? [
                `Сами мы повторять не станем. Посмотрите ${place.look} в кабинете ${market}: если ${place.is} там нет, отправьте ещё раз.`,
              ]
            : []),
        ],
      };
    case "rejected":
      return {
        look,
        title: `Заблокировано: ${lowerFirst(reason)}`,
        details: [`${place.unseen} Измените текст и отправьте снова.`],
      };
    case "unknown":
      return {
        look,
        title: `Не знаем, дошло ли. Проверяем у ${market}`,
        details: [
          `${market} не подтвердил отправку. Мы читаем ${place.look}, пока не станет ясно; повторять не нужно, чтобы покупатель не получил ${place.twice} дважды.`,
        ],
      };
  }
}

/** What is asked of a person where reading cannot tell. `market` is the marketplace's short name. */
export function doubtWords(reply: Reply, market: string, channel: Channel) {
  if (reply.kind === "rejection") {
    return {
      title: "Мы не смогли выяснить, отклонён ли вопрос. Решить нужно вам.",
      advice: `Сами мы повторять не станем. Посмотрите в кабинете ${market}, виден ли вопрос покупателям.`,
      arrived: "Вопрос отклонён — отметить",
      absent: "Не отклонён — отклонить снова",
    };
  }
  const { look, is, arrived, absent } = channel === "chat" ? MESSAGE : ANSWER;
  const [what, came] = channel === "chat" ? ["сообщение", "дошло"] : ["ответ", "дошёл"];
  return {
    title: `Мы не смогли выяснить, ${came} ли ${what}. Решить нужно вам.`,
    advice: `Сами мы повторять не станем. Посмотрите ${look} в кабинете ${market}: если ${is} там нет, отправьте ещё раз.`,
    arrived,
    absent,
  };
}

/** The same of a question that is taken down instead of being answered. */
function rejectionWords(reply: Reply, market: string, now: number): Omit<ReplyWords, "look"> {
  const reason = lowerFirst(reply.failure?.message ?? "причина неизвестна");
  switch (reply.state) {
    case "held":
      return { title: heldWords(reply, now), details: ["До этого вопрос остаётся открытым."] };
    case "cancelled":
      return { title: cancelledWords(reply), details: ["Вопрос остался открытым."] };
    case "sending":
      return { title: "Отклоняем вопрос...", details: attemptWords(reply, now) };
    case "sent":
      return {
        title: "Вопрос отклонён",
        details: [`${market} принял отклонение. Проверим, что покупатели вопрос не видят.`],
      };
    case "published":
      return { title: "Вопрос отклонён, покупатели его не видят", details: [] };
    case "failed":
    case "rejected":
      return {
        title: `Вопрос не отклонён: ${reason}`,
        details: ["Он остался открытым. Отклоните его ещё раз или ответьте на него."],
      };
    case "unknown":
      return {
        title: `Не знаем, отклонён ли вопрос. Проверяем у ${market}`,
        details: [`${market} не подтвердил отклонение. Мы читаем вопрос, пока не станет ясно.`],
      };
  }
}

/** Why what is to go out waits, and until when. */
const WHOSE_STOP = {
  seller: "Ничего не потеряется. Возобновить отправку можно в полосе вверху страницы.",
  installation: "Ничего не потеряется. Отправку остановил и возобновит администратор AgentIQ.",
  quarantine:
    "База восстановлена из копии. Ответ уйдёт после сверки с площадкой, если там ещё никто не ответил.",
};

function stoppedWords(reply: Reply, by: keyof typeof WHOSE_STOP, now: number): ReplyWords {
  const until = reply.state === "held" ? [`${heldWords(reply, now)}, не раньше.`] : [];
  const title =
    reply.kind === "rejection"
      ? "Отправка остановлена: отклоним вопрос после возобновления"
      : "Отправка остановлена: уйдёт после возобновления";
  return { look: "held", title, details: [...until, ...attemptWords(reply, now), WHOSE_STOP[by]] };
}

/** When what is held goes out. */
function heldWords(reply: Reply, now: number): string {
  return reply.held_until === null ? "Отложено" : `Отложено · уйдёт ${clockTime(reply.held_until, now)}`;
}

/** That what was held does not go out, and why. */
function cancelledWords(reply: Reply): string {
  if (reply.failure === null || reply.failure.code === "by_person") return "Отправка отменена";
  return `Не отправлено: ${lowerFirst(reply.failure.message)}`;
}

/** Whether sending again may give the buyer a second answer: reading could not tell if the first stands. */
export function mayStand(reply: Reply | null): boolean {
  return reply !== null && reply.kind !== "rejection" && reply.in_doubt;
}

/** What mends a failure, for whoever comes to it later; sending again by oneself is always possible. */
const ADVICE: Readonly<Record<string, (market: string) => string>> = {
  unavailable: () => "Сами мы больше не повторяем. Отправьте снова, когда площадка будет отвечать.",
  unauthorized: () => "Текст сохранён. Замените ключ в «Кабинетах» и отправьте снова.",
  no_right: () => "Текст сохранён. Замените ключ в «Кабинетах» ключом с правом отвечать и отправьте снова.",
  closed_by_plan: (market) => `Текст сохранён. Подключите раздел в кабинете ${market} и отправьте снова.`,
  payment_required: (market) => `Текст сохранён. Оплатите доступ в кабинете ${market} и отправьте снова.`,
  bad_request: () => "Сами мы повторять не станем. Измените текст и отправьте снова.",
  not_found: (market) =>
    `Сами мы повторять не станем. Посмотрите в кабинете ${market}, на месте ли обращение.`,
};

function adviceFor(reply: Reply, market: string): string[] {
  const advice = ADVICE[reply.failure?.code ?? ""];
  return advice ? [advice(market)] : [];
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
