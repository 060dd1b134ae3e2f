import { expect, test } from "vitest";
import { askedProduct, minorOf, NO_PRODUCT, priceText, productForm } from "./knowledge-words";

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
