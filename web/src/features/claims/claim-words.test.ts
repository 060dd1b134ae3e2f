import { describe, expect, it } from "vitest";
import { actionName, priceText } from "./claim-words";

const plain = (text: string) => text.replace(/\s/g, " ");

describe("priceText", () => {
  it("writes roubles with kopecks where there are some", () => {
    expect(plain(priceText({ amount_minor: 159_990, currency: "643" }))).toBe("1 599,90 ₽");
    expect(plain(priceText({ amount_minor: 15_700, currency: "643" }))).toBe("157 ₽");
  });

  it("names another currency by its number, and none where there is none", () => {
    expect(plain(priceText({ amount_minor: 15_700, currency: "933" }))).toBe("157 (валюта 933)");
    expect(plain(priceText({ amount_minor: 15_750, currency: null }))).toBe("157,50");
  });
});

describe("actionName", () => {
  it("says what is known in words and the rest as it came", () => {
    expect(actionName("approve2")).toBe("Одобрить и забрать товар");
    expect(actionName("toString")).toBe("toString");
  });
});
