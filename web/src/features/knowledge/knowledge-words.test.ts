import { expect, test } from "vitest";
import {
  askedProduct,
  begunWith,
  minorOf,
  NO_PRODUCT,
  priceText,
  productForm,
  readBegun,
} from "./knowledge-words";

test("prices are read as people write them", () => {
  expect(["1290", "1 290,5 ₽", "0,07", ""].map(minorOf)).toEqual([129000, 129050, 7, null]);
  expect(["дорого", "-5", "1,234"].map(minorOf)).toEqual([null, null, null]);
  expect([129000, 129050, 7].map(priceText)).toEqual(["1290", "1290,50", "0,07"]);
});

test("a product that is edited and not changed stays the same", () => {
  const form = {
    ...NO_PRODUCT,
    article: "PL-77",
    name: "Плед",
    facts: "Состав: шерсть: мериносовая\nВес: 1,2 кг",
    price: "1290,50",
    variants: "серый, белый",
    availability: "in_stock" as const,
  };
  const { product } = askedProduct(form);
  expect(product?.facts).toEqual([
    { name: "Состав", value: "шерсть: мериносовая" },
    { name: "Вес", value: "1,2 кг" },
  ]);
  expect(product && productForm(product)).toEqual(form);
});

test("a document begins without whom the question and the answer greet", () => {
  const begun = begunWith({
    question: "Добрый день! из чего плед?",
    answer: "Здравствуйте, Анна Петровна! Плед из шерсти. Здравствуйте ещё раз!",
  });
  expect(begun).toEqual({ title: "Из чего плед?", text: "Плед из шерсти. Здравствуйте ещё раз!" });
  const texts = [
    "Анна, здравствуйте! Плед тёплый.",
    "Здравствуйте, плед тёплый.",
    "Приветствуем вас, Анна-Мария!\nПлед тёплый.",
    "Плед тёплый.",
  ].map((answer) => begunWith({ question: "", answer }).text.toLowerCase());
  expect(new Set(texts)).toEqual(new Set(["плед тёплый."]));
});

test("words that only look like a greeting stay", () => {
  const kept = ["Приветливый продавец?", "Плед, который на фото?", "Добрый размер?"];
  expect(kept.map((question) => begunWith({ question, answer: null }))).toEqual(
    kept.map((title) => ({ title, text: "" })),
  );
});

test("a history entry may hold anything", () => {
  const begun = begunWith({ question: "Из чего плед?", answer: "Из шерсти." });
  expect(readBegun(begun)).toEqual(begun);
  const nothing = { title: "", text: "" };
  expect([null, undefined, "text", { title: 7 }].map(readBegun)).toEqual([
    nothing,
    nothing,
    nothing,
    nothing,
  ]);
});
