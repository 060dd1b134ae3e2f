/** What a claim's states are called on screen, and what is made of its price. */
import type { Claim } from "@/lib/api/types";

export const GOODS: Record<Claim["goods"], string> = {
  under_review: "Решения ещё нет",
  kept_declined: "Остаётся у покупателя: заявка отклонена",
  disposed: "Покупатель сдаёт товар на площадку, товар утилизируют",
  kept_approved: "Остаётся у покупателя, деньги возвращают",
  resold: "Вернётся в продажу после проверки площадкой",
  returned_to_seller: "Возвращается продавцу",
  other: "Площадка указала неизвестное состояние",
};

export const ORIGIN: Record<Claim["origin"], string> = {
  portal: "в личном кабинете покупателя",
  chat: "в чате",
  other: "в другом месте",
};

const ACTION = new Map<string, string>(
  Object.entries({
    approve1: "Одобрить с проверкой брака на складе",
    approve2: "Одобрить и забрать товар",
    autorefund1: "Одобрить без возврата товара",
    reject1: "Отклонить: брак не обнаружен",
    reject2: "Отклонить: нужны фото или видео",
    reject3: "Отклонить: направить в сервисный центр",
    rejectcustom: "Отклонить своими словами",
    approvecc1: "Одобрить с возвратом в магазин продавца",
    confirmreturngoodcc1: "Подтвердить приёмку товара",
  }),
);

/** A word that is not known is shown as the marketplace writes it. */
export function actionName(action: string): string {
  return ACTION.get(action) ?? action;
}

const ROUBLE = "643";

/** "1 599,90 ₽"; another currency by its number in ISO 4217. */
export function priceText({ amount_minor, currency }: NonNullable<Claim["price"]>): string {
  const amount = new Intl.NumberFormat("ru-RU", {
    minimumFractionDigits: amount_minor % 100 === 0 ? 0 : 2,
    maximumFractionDigits: 2,
  }).format(amount_minor / 100);
  if (currency === ROUBLE) return `${amount} ₽`;
  return currency === null ? amount : `${amount} (валюта ${currency})`;
}
