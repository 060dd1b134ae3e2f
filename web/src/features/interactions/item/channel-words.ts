/** What a reply is called in each channel: an answer under a review or a question, a message in a chat. */
import type { Channel, Interaction, InteractionSummary, RelatedKind } from "@/lib/api/types";
import { exactTime } from "@/lib/format/time";
import { MARKETPLACE } from "@/lib/words";

interface ChannelWords {
  /** Names the editor. */
  editor: string;
  placeholder: string;
  /** Names one reply. */
  reply: string;
}

export const CHANNEL_WORDS: Record<Channel, ChannelWords> = {
  review: { editor: "Ответ покупателю", placeholder: "Напишите ответ", reply: "Ответ" },
  question: { editor: "Ответ на вопрос", placeholder: "Напишите ответ на вопрос", reply: "Ответ" },
  chat: { editor: "Сообщение покупателю", placeholder: "Напишите сообщение", reply: "Сообщение" },
};

/** What the other half of a review and its supplement is called beside this one. */
export const RELATED: Record<RelatedKind, string> = {
  parent: "Это дополнение к отзыву",
  supplement: "Покупатель дополнил отзыв",
};

/** What an item is about; a chat may be about no product. */
export function titleOf(row: Pick<InteractionSummary, "channel" | "product">): string {
  if (row.product.name !== "") return row.product.name;
  if (row.product.article !== "") return `Товар ${row.product.article}`;
  return row.channel === "chat" ? "Чат с покупателем" : "Товар без названия";
}

/** Until when the marketplace surely takes a message; empty where it sets no time, or nothing can be written anyway. */
export function windowWords(item: Interaction, now: number): string {
  const until = item.chat?.reply_window_until;
  if (!until || item.erased || item.chat?.open === false) return "";
  const market = MARKETPLACE[item.marketplace].name;
  return Date.parse(until) > now
    ? `${market} точно примет ответ до ${exactTime(until)}; позже может отказать.`
    : `${market} точно принимал ответ до ${exactTime(until)}; теперь может отказать.`;
}
