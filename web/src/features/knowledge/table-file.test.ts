import { expect, test } from "vitest";
import { textOf } from "./table-file";

test("a table is read as it was saved", async () => {
  expect(await textOf(new Blob(["Артикул;Цена"]))).toBe("Артикул;Цена");
  const excel = new Uint8Array([0xd6, 0xe5, 0xed, 0xe0]);
  expect(await textOf(new Blob([excel]))).toBe("Цена");
});
