/** What documents and products are called on screen, and how the form of one becomes what the API takes and back. */
import type {
  KnowledgeDocument,
  KnowledgeItem,
  KnowledgeProduct,
  NewKnowledge,
  UnansweredQuestion,
} from "@/lib/api/types";
import { lines } from "@/lib/lines";

export const KIND: Readonly<Record<string, string>> = {
  policy: "Правила",
  faq: "Вопросы и ответы",
  delivery: "Доставка",
  returns: "Возврат",
  product: "Товар",
};

export const KINDS = [
  { value: "all", label: "Всё" },
  { value: "document", label: "Документы" },
  { value: "product", label: "Товары" },
] as const;

export type KindChoice = (typeof KINDS)[number]["value"];

export const TOPICS = [
  { value: "faq", label: "Вопросы и ответы" },
  { value: "policy", label: "Правила" },
  { value: "delivery", label: "Доставка" },
  { value: "returns", label: "Возврат" },
] as const satisfies readonly { value: KnowledgeDocument["topic"]; label: string }[];

export const AVAILABILITY = [
  { value: "unknown", label: "Наличие не указано" },
  { value: "in_stock", label: "Есть в наличии" },
  { value: "on_order", label: "Под заказ" },
  { value: "out_of_stock", label: "Нет в наличии" },
] as const;

/** A document as it is edited: every part a text. */
export interface DocumentForm {
  topic: KnowledgeDocument["topic"];
  title: string;
  text: string;
  tags: string;
}

/** A product as it is edited: lists one entry a line. */
export interface ProductForm {
  article: string;
  marketplaceArticles: string;
  name: string;
  link: string;
  description: string;
  facts: string;
  price: string;
  availability: (typeof AVAILABILITY)[number]["value"];
  variants: string;
  delivery: string;
  tags: string;
}

/** What a new document begins with; it travels in the history entry, so that a reload keeps it. */
export type Begun = Pick<DocumentForm, "title" | "text">;

export const NO_DOCUMENT: DocumentForm = { topic: "faq", title: "", text: "", tags: "" };

export const NO_PRODUCT: ProductForm = {
  article: "",
  marketplaceArticles: "",
  name: "",
  link: "",
  description: "",
  facts: "",
  price: "",
  availability: "unknown",
  variants: "",
  delivery: "",
  tags: "",
};

function entries(text: string): string[] {
  return text
    .split(/[,\n]/)
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
}

/** «Состав: шерсть» as a fact; a line without a colon names a fact that says nothing, which the server refuses. */
function fact(line: string): { name: string; value: string } {
  const at = line.indexOf(":");
  return at < 0
    ? { name: line, value: "" }
    : { name: line.slice(0, at).trim(), value: line.slice(at + 1).trim() };
}

/** Roubles as people write them, in hundredths; `null` where that is no price. */
export function minorOf(price: string): number | null {
  const match = /^(\d+)(?:[.,](\d{1,2}))?$/.exec(price.replaceAll(/[\s₽]/g, ""));
  if (match === null) return null;
  return Number(match[1]) * 100 + Number((match[2] ?? "").padEnd(2, "0"));
}

export function priceText(minor: number): string {
  const [whole, rest] = [Math.trunc(minor / 100), minor % 100];
  return rest === 0 ? String(whole) : `${whole},${String(rest).padStart(2, "0")}`;
}

export function askedDocument(form: DocumentForm): NewKnowledge {
  return { document: { ...form, tags: entries(form.tags) } };
}

export function askedProduct(form: ProductForm): NewKnowledge {
  const minor = minorOf(form.price);
  return {
    product: {
      article: form.article,
      marketplace_articles: entries(form.marketplaceArticles),
      name: form.name,
      link: form.link.trim() || null,
      description: form.description,
      facts: lines(form.facts).map(fact),
      price: minor === null ? null : { amount_minor: minor, currency: "RUB" },
      availability: form.availability === "unknown" ? null : form.availability,
      variants: entries(form.variants),
      delivery: form.delivery.trim() || null,
      tags: entries(form.tags),
    },
  };
}

export function documentForm(document: KnowledgeDocument): DocumentForm {
  return { ...document, tags: (document.tags ?? []).join(", ") };
}

export function productForm(product: KnowledgeProduct): ProductForm {
  return {
    article: product.article,
    marketplaceArticles: (product.marketplace_articles ?? []).join(", "),
    name: product.name,
    link: product.link ?? "",
    description: product.description ?? "",
    facts: (product.facts ?? []).map(({ name, value }) => `${name}: ${value}`).join("\n"),
    price: product.price ? priceText(product.price.amount_minor) : "",
    availability: product.availability ?? "unknown",
    variants: (product.variants ?? []).join(", "),
    delivery: product.delivery ?? "",
    tags: (product.tags ?? []).join(", "),
  };
}

export function titleOf(item: KnowledgeItem): string {
  return item.document?.title ?? item.product?.name ?? "";
}

/** Titles are at most this long, as the server has it. */
const TITLE_MAX = 200;

/** A document that answers the question, without whom it greets: what is known is kept for good, buyers are not. */
export function begunWith({ question, answer }: Pick<UnansweredQuestion, "question" | "answer">): Begun {
  return { title: withoutGreeting(question).slice(0, TITLE_MAX), text: withoutGreeting(answer ?? "") };
}

/** Reads what a history entry holds; anything may stand there. */
export function readBegun(state: unknown): Begun {
  const begun = { title: "", text: "" };
  if (typeof state !== "object" || state === null) return begun;
  if ("title" in state && typeof state.title === "string") begun.title = state.title;
  if ("text" in state && typeof state.text === "string") begun.text = state.text;
  return begun;
}

const NAME = String.raw`\p{Lu}[\p{L}-]+(?: \p{Lu}[\p{L}-]+){0,2}`;
const HELLO = [
  String.raw`[Зз]дравствуй(?:те)?`,
  String.raw`[Дд]обр(?:ый|ое|ого) (?:день|дня|вечер|вечера|утро|утра|времени суток)`,
  String.raw`[Пп]ривет(?:ствую|ствуем)?(?: [Вв]ас)?`,
].join("|");
/** With the name before or after it, where one is set off as names are. */
const GREETING = new RegExp(
  String.raw`^(?:${NAME}, )?(?:${HELLO})(?!\p{L})(?:,? ${NAME}(?=[!.…,]))?[\s!.,…)]*`,
  "u",
);

function withoutGreeting(text: string): string {
  const rest = text.trim().replace(GREETING, "");
  return rest.charAt(0).toLocaleUpperCase("ru") + rest.slice(1);
}
