import { expect, test } from "vitest";
import { nameToSave } from "./save";

test("a file that has no name of its own gets the ending of its kind", () => {
  expect(nameToSave("Чек.pdf", "application/pdf")).toBe("Чек.pdf");
  expect(nameToSave("Фото 1", "image/jpeg")).toBe("Фото 1.jpg");
  expect(nameToSave("Файл 2", "application/octet-stream")).toBe("Файл 2");
  expect(nameToSave("акт от 01.02.2026 г.", "application/pdf")).toBe("акт от 01.02.2026 г..pdf");
});
