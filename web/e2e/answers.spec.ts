/** How well was answered: an answer with the draft as it was is counted, and each number opens what it counts. */
import { readFile } from "node:fs/promises";
import { enter, expect, row, sync, test } from "./system";

test("an answer is counted, and its numbers open it", async ({ page, system }) => {
  const [answered, waiting] = ["Плед тёплый, спасибо!", "Плед колючий."] as const;
  const shop = await system.shop([
    { text: answered, rating: 5 },
    { text: waiting, rating: 3 },
  ]);
  await enter(page, shop);
  await row(page, answered).click();
  await page.getByRole("button", { name: "Принять и отправить" }).click();
  await expect(page.getByRole("region", { name: "Ответ", exact: true })).toBeVisible();
  await sync(page);

  await page.getByRole("link", { name: "Качество ответов" }).click();
  const total = page.getByRole("region", { name: "Всего за 30 дней" });
  await expect(async () => {
    await page.reload();
    await expect(total.getByRole("link", { name: "Отвечено: 1" })).toBeVisible({ timeout: 2_000 });
  }).toPass();
  await expect(total.getByRole("link", { name: "Черновик без правок: 1" })).toBeVisible();
  await expect(total.getByText("Первого ответа ждали: у половины")).toBeVisible();
  await expect(total.getByRole("link", { name: "Решал человек: 1" })).toBeVisible();
  await expect(total.getByText("В черновиках меняли: у половины — не больше 0 %")).toBeVisible();

  await page.getByRole("link", { name: "По оценкам" }).click();
  const ratings = page.getByRole("region", { name: "По оценкам" });
  await expect(ratings.getByRole("row").filter({ hasText: "5 из 5" })).toBeVisible();
  await expect(ratings.getByRole("row").filter({ hasText: "3 из 5" })).toHaveCount(0);
  const downloading = page.waitForEvent("download");
  await page.getByRole("button", { name: "Скачать CSV" }).click();
  const file = await downloading;
  expect(file.suggestedFilename()).toBe("agentiq-answers.csv");
  const text = await readFile(await file.path(), "utf8");
  expect(text).toContain("\nОценка;Отвечено;");
  expect(text).toContain("\n5 из 5;1;");
  await ratings.getByRole("link", { name: "5 из 5, отвечено: 1" }).click();
  await expect(page.getByRole("heading", { name: "Отвечено, 5 из 5, за 30 дней" })).toBeVisible();
  const list = page.getByRole("list", { name: "Обращения" });
  await expect(list.getByRole("listitem")).toHaveCount(1);
  await expect(list).toContainText("черновик без правок");
  await list.getByRole("link", { name: answered }).click();
  await expect(page.getByRole("region", { name: "Ответ", exact: true })).toBeVisible();
});
