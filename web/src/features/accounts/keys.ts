/** What a key consists of at each marketplace, and where a seller finds it. */
import type { components } from "@/lib/api/schema";
import type { Marketplace } from "@/lib/api/types";

export type NewAccount = components["schemas"]["ConnectAccount"];
export type NewKey = components["schemas"]["ExamineKey"];

interface KeyWords {
  /** Where the secret part is made. */
  help: string;
  /** The cabinet's number, where a key needs it. */
  cabinet?: { field: "client_id" | "business_id"; label: string; help: string };
}

/** The marketplaces whose cabinets can be connected, in the order they are offered. */
export const KEYS: Partial<Record<Marketplace, KeyWords>> = {
  wildberries: {
    help: "Личный кабинет WB → Настройки → Доступ к API. Нужен токен с категориями «Вопросы и отзывы» и «Чат с покупателями».",
  },
  ozon: {
    help: "Ozon Seller → Настройки → Seller API. Нужен ключ с ролью, которой открыты отзывы, вопросы и чаты.",
    cabinet: {
      field: "client_id",
      label: "Client-Id",
      help: "Номер кабинета: стоит на той же странице над ключами.",
    },
  },
  yandex_market: {
    help: "Кабинет Маркета → Настройки → API и модули. Нужен Api-Key с доступом «Общение с покупателями».",
    cabinet: {
      field: "business_id",
      label: "Идентификатор кабинета",
      help: "Число в адресе кабинета и на странице «API и модули».",
    },
  },
};

export const CONNECTABLE = Object.keys(KEYS) as Marketplace[];
