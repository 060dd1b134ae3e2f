/** Sizes as people read them. */
import { expect, test } from "vitest";
import { fileSize } from "./size";

test("a size has at most four digits and its unit", () => {
  expect([0, 512, 40_960, 1_572_864, 5_368_709_120].map(fileSize)).toEqual([
    "0 Б",
    "512 Б",
    "40 КБ",
    "1,5 МБ",
    "5 ГБ",
  ]);
});
