/** Which files go with a message, and in how many messages they go. */
import { expect, test } from "vitest";
import { limitWords, messagesOf, refusalOf, type FileLimits, type KeptFile } from "./files";

const MB = 1024 * 1024;
const TOGETHER: FileLimits = {
  types: ["image/jpeg", "image/png", "application/pdf"],
  size_bytes_max: 5 * MB,
  total_bytes_max: 12 * MB,
  count_max: 3,
  with_text: true,
};
const ONE_BY_ONE: FileLimits = { ...TOGETHER, total_bytes_max: 5 * MB, count_max: 1, with_text: false };

const file = (type: string, size: number) => {
  const made = new File([], "Чек", { type });
  Object.defineProperty(made, "size", { value: size });
  return made;
};
const kept = (name: string): KeptFile => ({ fileId: name, name, isImage: false, sizeBytes: 1 });

test("what the marketplace would refuse is refused in words", () => {
  expect(refusalOf(file("image/png", 5 * MB), TOGETHER, [])).toBeUndefined();
  expect(refusalOf(file("video/mp4", 1), TOGETHER, [])).toBe("Площадка принимает только JPEG, PNG, PDF.");
  expect(refusalOf(file("image/png", 6 * MB), TOGETHER, [])).toMatch(
    /^В файле 6 МБ, площадка принимает до 5 МБ\.$/,
  );
  const two = [{ sizeBytes: 5 * MB }, { sizeBytes: 4 * MB }];
  expect(refusalOf(file("image/png", 4 * MB), TOGETHER, two)).toContain("Вместе файлы больше 12 МБ");
  expect(refusalOf(file("image/png", 1), TOGETHER, [...two, { sizeBytes: 1 }])).toBe(
    "За один раз можно приложить 3 файла.",
  );
});

test("files one by one are limited by their number alone", () => {
  const nine = Array.from({ length: 9 }, () => ({ sizeBytes: 5 * MB }));
  expect(refusalOf(file("application/pdf", 5 * MB), ONE_BY_ONE, nine)).toBeUndefined();
  expect(refusalOf(file("application/pdf", 1), ONE_BY_ONE, [...nine, { sizeBytes: 1 }])).toContain(
    "10 файлов",
  );
});

test("words and files go together or one after another, as the marketplace takes them", () => {
  const [a, b] = [kept("a"), kept("b")];
  expect(messagesOf("Вот", [a, b], TOGETHER)).toEqual([{ text: "Вот", files: [a, b] }]);
  expect(messagesOf("Вот", [a, b], ONE_BY_ONE)).toEqual([
    { text: "Вот", files: [] },
    { text: "", files: [a] },
    { text: "", files: [b] },
  ]);
  expect(messagesOf("", [a], ONE_BY_ONE)).toEqual([{ text: "", files: [a] }]);
  expect(messagesOf("Вот", [], null)).toEqual([{ text: "Вот", files: [] }]);
});

test("the limits are said in a few words", () => {
  expect(limitWords(TOGETHER)).toBe("JPEG, PNG, PDF, до 5 МБ");
});
