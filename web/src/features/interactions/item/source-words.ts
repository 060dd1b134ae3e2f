/** What a draft rests on, as it is called. */
import type { Interaction, KnowledgeItem } from "@/lib/api/types";
import { CHANNEL } from "@/lib/words";

/** Longest beginning of a buyer's words that names an example, in characters. */
const BEGINS_MAX = 40;

export const SOURCE_KIND: Readonly<Record<string, string>> = {
  passage: "Документ",
  product: "Товар",
  example: "Похожий ответ",
};

/** "Документ «Возврат»", and that it reads otherwise by now. `version` is the one that was read. */
export function knowledgeWords(kind: string, item: KnowledgeItem, version: number): string {
  const title = item.document?.title ?? item.product?.name ?? "";
  const changed = item.version > version ? " (с тех пор изменён)" : "";
  return `${SOURCE_KIND[kind] ?? "Запись"} «${title}»${changed}`;
}

/** "Ответ на отзыв «Плед тёплый…»" */
export function exampleWords({ channel, preview, product }: Interaction): string {
  const what = channel === "chat" ? "Сообщение в чате" : `Ответ на ${CHANNEL[channel].toLowerCase()}`;
  const words = Array.from(preview === "" ? product.name : preview);
  const begins =
    words.length > BEGINS_MAX ? `${words.slice(0, BEGINS_MAX).join("").trimEnd()}…` : words.join("");
  return `${what} «${begins}»`;
}
