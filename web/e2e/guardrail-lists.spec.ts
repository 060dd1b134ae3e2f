/** A seller's own phrases and exceptions: tried on history, saved, obeyed. */
import type { Page } from "@playwright/test";
import { enter, expect, row, test } from "./system";

const ANSWER = "Благодарим за отзыв, скидки скоро будут!";
const SAME = "Рады, что чайник пришёлся вам по душе, носите!";

async function answer(page: Page, review: string, text: string) {
  await page.goto("/queue");
  await row(page, review).click();
  const editor = page.getByLabel("Ответ покупателю");
  await editor.fill(text);
  return editor;
}

async function send(page: Page, review: string, text: string) {
  const editor = await answer(page, review, text);
  await editor.press("Control+Enter");
  await expect(
    page.getByRole("region", { name: "Ответ", exact: true }).getByText("Отправлено"),
  ).toBeVisible();
}

test("a phrase is tried on history, saved and obeyed; an exception lets its word pass; a repetition is told", async ({
  page,
  system,
}) => {
  const shop = await system.shop([
    { text: "Плед тёплый, спасибо.", rating: 5 },
    { text: "Чайник кипятит быстро.", rating: 5 },
    { text: "Коробка помята.", rating: 3 },
  ]);
  await enter(page, shop, { draftsAhead: false });
  await send(page, "Плед тёплый", ANSWER);

  await page.getByRole("link", { name: "Настройки" }).click();
  await page.getByRole("link", { name: "Открыть правила ответов" }).click();
  await page.getByRole("button", { name: "Добавить фразу" }).press("Enter");
  const save = page.getByRole("button", { name: "Сохранить" });
  await expect(page.getByText("Заполните или уберите пустые строки.")).toBeVisible();
  await expect(save).toBeDisabled();
  await page.getByLabel("Фраза", { exact: true }).fill("скидка");
  await page.getByLabel("Что писать вместо неё").fill("Скажите «выгодная цена».");
  await page.getByRole("button", { name: "Добавить исключение" }).click();
  await page.getByLabel("Исключение 1", { exact: true }).fill("робот");
  await page.getByRole("button", { name: "Проверить на истории" }).click();
  await expect(page.getByText("Просмотрено: 1 текст.")).toBeVisible();
  const effect = page
    .getByRole("region", { name: "Что изменится" })
    .getByRole("row")
    .filter({ hasText: "«скидка»" });
  await expect(effect.getByRole("cell").first()).toHaveText("1");
  await expect(effect.locator("mark")).toHaveText(["скидки"]);
  await expect(effect.getByRole("link")).toHaveAttribute("href", /\/queue\/[0-9a-f-]{36}/);
  await save.click();
  await expect(page.getByText("Сохранено")).toBeVisible();
  await expect(page.getByText("Версия 1").first()).toBeVisible();
  // Everything is taken out, and the version before is taken back.
  const versions = page.getByRole("list", { name: "Версии" });
  await page.getByRole("button", { name: "Убрать фразу 1" }).click();
  await save.click();
  await expect(versions.getByText("Убраны фразы: «скидка»")).toBeVisible();
  await versions.getByRole("button", { name: "Вернуться к версии 1" }).click();
  await expect(page.getByLabel("Фраза", { exact: true })).toHaveValue("скидка");
  await save.click();
  const third = versions.getByRole("listitem").first();
  await expect(third).toContainText("Версия 3");
  await expect(third).toContainText(/оператор \S+@\S+/);
  await expect(third).toContainText("действует");
  await expect(third).toContainText("Добавлены фразы: «скидка»");

  const editor = await answer(page, "Чайник кипятит", "Наш робот доволен, и скидками мы порадуем.");
  const findings = page.getByRole("list", { name: "Замечания к тексту" });
  await expect(findings.getByRole("listitem")).toHaveCount(1);
  await expect(findings.getByText("Скажите «выгодная цена».")).toBeVisible();
  await expect(page.locator("mark")).toHaveText(["скидками"]);
  await expect(page.getByRole("button", { name: "Отправить", exact: true })).toBeDisabled();
  await editor.fill(SAME);
  await expect(findings).toHaveCount(0);
  await editor.press("Control+Enter");
  await expect(
    page.getByRole("region", { name: "Ответ", exact: true }).getByText("Отправлено"),
  ).toBeVisible();
  await answer(page, "Коробка помята", SAME);
  await expect(findings.getByText(/Точно такой же ответ за последние 24 часа/)).toBeVisible();
  await expect(page.getByRole("button", { name: "Отправить", exact: true })).toBeEnabled();
});

test("whoever saves second is told, and can open what is saved", async ({ page, context, system }) => {
  const shop = await system.shop([]);
  await enter(page, shop);
  const other = await context.newPage();
  for (const [one, word] of [
    [page, "акция"],
    [other, "скидка"],
  ] as const) {
    await one.goto("/settings/guardrails");
    await one.getByRole("button", { name: "Добавить фразу" }).click();
    await one.getByLabel("Фраза", { exact: true }).fill(word);
  }
  await page.getByRole("button", { name: "Сохранить" }).click();
  await expect(page.getByText("Сохранено")).toBeVisible();
  await other.getByRole("button", { name: "Сохранить" }).click();
  await expect(other.getByRole("alert").getByText(/кто-то сохранил другой/)).toBeVisible();
  await expect(other.getByLabel("Фраза", { exact: true })).toHaveValue("скидка");
  await other.getByRole("button", { name: "Открыть сохранённые правила" }).click();
  await expect(other.getByLabel("Фраза", { exact: true })).toHaveValue("акция");
});
