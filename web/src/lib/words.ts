/** The glossary's words as they stand on screen. */
import type {
  AutomationStage,
  Channel,
  Claim,
  DismissReason,
  DraftSource,
  Intent,
  InteractionStatus,
  Marketplace,
  Priority,
  ReplyState,
} from "@/lib/api/types";

export const MARKETPLACE: Record<Marketplace, { name: string; short: string }> = {
  wildberries: { name: "Wildberries", short: "WB" },
  ozon: { name: "Ozon", short: "Ozon" },
  yandex_market: { name: "Яндекс Маркет", short: "Яндекс" },
};

export const CHANNEL: Record<Channel, string> = {
  review: "Отзыв",
  question: "Вопрос",
  chat: "Чат",
};

export const CHANNELS: Record<Channel, string> = {
  review: "Отзывы",
  question: "Вопросы",
  chat: "Чаты",
};

/** What the claims for return of a cabinet are called together. */
export const CLAIMS = "Возвраты";

export const STATUS: Record<InteractionStatus, string> = {
  waiting: "Ждёт ответа",
  held: "Отложено",
  replying: "Ответ в пути",
  responded: "Отвечено",
  failed: "Нужен человек",
  closed: "Закрыто",
};

/** What a buyer's words are about. */
export const INTENT: Record<Intent, string> = {
  defect: "Брак",
  wrong_item: "Не тот товар",
  delivery: "Доставка",
  sizing: "Размер",
  return: "Возврат",
  pre_purchase: "Вопрос до покупки",
  thanks: "Благодарность",
  general: "Общее",
};

/** In this order, from what asks least of the seller to what asks most. */
export const INTENT_ORDER: readonly Intent[] = [
  "thanks",
  "general",
  "pre_purchase",
  "sizing",
  "delivery",
  "return",
  "wrong_item",
  "defect",
];

/** Who wrote a draft. */
export const WRITER: Record<DraftSource, string> = {
  model: "черновик модели",
  template: "шаблон",
  operator: "черновик человека",
};

/** Why an operator does not want a draft. */
export const REASON: Record<DismissReason, string> = {
  wrong_fact: "Неверный факт",
  wrong_tone: "Не тот тон",
  too_much_promised: "Лишнее обещание",
  off_topic: "Не по теме",
};

/** How soon somebody should answer. */
export const PRIORITY: Record<Priority, string> = {
  urgent: "Срочно",
  high: "Важно",
  normal: "Обычно",
  low: "Не к спеху",
};

export const REPLY_STATE: Record<ReplyState, string> = {
  held: "Отложено",
  cancelled: "Отменено",
  sending: "Отправка...",
  sent: "Отправлено",
  published: "Опубликовано",
  failed: "Ошибка",
  rejected: "Заблокировано",
  unknown: "Проверяем на площадке",
};

/** How far a seller has come towards replies that need nobody. */
export const AUTOMATION_STAGE: Record<AutomationStage, string> = {
  observation: "Наблюдение",
  backtested: "Проверка на истории",
  pilot: "Пилот",
  on: "Включено",
};

/** Whether replies go out without a person. */
export function isAutomatic(stage: AutomationStage): boolean {
  return stage === "pilot" || stage === "on";
}

/** "5 звёзд" for a screen reader; sighted people see the stars. */
export function starsSpoken(rating: number): string {
  return `Оценка ${rating} из 5`;
}

export const ALERT: Record<"warning" | "critical", string> = {
  warning: "Предупреждение",
  critical: "Тревога",
};

/** What a lost access is called, and what mends it. */
export const ACCESS_LOST: Record<"unauthorized" | "expired" | "no_right" | "payment_required", string> = {
  unauthorized: "API ключ недействителен. Обновите в настройках.",
  expired: "Срок действия API ключа закончился. Создайте новый и замените его.",
  no_right: "Ключ не открывает ни одного раздела. Создайте ключ с нужными правами и замените его.",
  payment_required: "Площадка требует оплаты доступа к API. Оплатите его в кабинете площадки.",
};

/** On what ground a buyer's data is erased. */
export const GROUNDS = [
  { value: "persons_request", label: "Просьба покупателя" },
  { value: "consent_withdrawn", label: "Отзыв согласия" },
  { value: "order", label: "Требование суда или ведомства" },
  { value: "purpose_ended", label: "Цель хранения достигнута" },
] as const;
export type Ground = (typeof GROUNDS)[number]["value"];

/** What was decided about a claim for return, as it was read last. */
export const CLAIM_STATE: Record<Claim["state"], string> = {
  under_review: "На рассмотрении",
  declined: "Отказано",
  approved: "Одобрено",
  other: "Другое состояние",
};

/** Whether nobody will learn here what is decided about a claim: its marketplace lists it no more. */
export function isOutOfSight({ state, listed }: Pick<Claim, "state" | "listed">): boolean {
  return state === "under_review" && !listed;
}

/** What was decided about a claim, as far as is known. */
export function claimState(claim: Pick<Claim, "state" | "listed">): string {
  return isOutOfSight(claim) ? "Была на рассмотрении" : CLAIM_STATE[claim.state];
}

/** Why a reply did not go out. */
export const FAILURE: Readonly<Record<string, string>> = {
  unavailable: "площадка недоступна",
  unauthorized: "API ключ не принят",
  no_right: "у ключа нет права на этот раздел",
  closed_by_plan: "этот раздел не входит в тариф продавца",
  payment_required: "площадка требует оплаты доступа",
  bad_request: "площадка не приняла запрос",
  not_found: "обращение больше не доступно",
  answered_elsewhere: "на обращение ответили вне AgentIQ",
  not_published: "на площадке так и не появилось",
  never_arrived: "не дошло, попытки исчерпаны",
  unprovable: "дошло ли, чтением выяснить не удалось",
  file_gone: "приложенный файл больше не хранится",
  erased: "данные покупателя удалены",
};
