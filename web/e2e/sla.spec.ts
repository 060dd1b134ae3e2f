/** Deadlines: hours, holidays and a rule by words, tried on history, saved, taken back. */
import { enter, expect, test } from "./system";

test("a policy is tried on history, saved and taken back", async ({ page, system }) => {
  const shop = await system.shop([
    { text: "Плед тёплый, спасибо.", rating: 5 },
    { text: "Коробка помята.", rating: 3 },
  ]);
  await enter(page, shop, { draftsAhead: false });
  await page.getByRole("link", { name: "Настройки" }).click();
  await page.getByRole("link", { name: "Открыть сроки" }).click();
  await expect(page.getByRole("textbox", { name: "Срочно", exact: true })).toHaveValue("30");

  const save = page.getByRole("button", { name: "Сохранить" });
  const check = page.getByRole("button", { name: "Проверить на истории" });
  await page.getByLabel("Понедельник").fill("с девяти");
  await expect(page.getByText("Напишите часы в виде 09:00–18:00, через запятую")).toBeVisible();
  await expect(check).toBeDisabled();
  await expect(save).toBeDisabled();
  await page.getByLabel("Понедельник").fill("");

  // The same for both: nothing changes but what the rule finds, and stars come before it.
  await page.getByRole("button", { name: "Добавить правило" }).click();
  await page.getByLabel("Слова и фразы через запятую").fill("коробки, спасибо");
  await check.click();
  await expect(page.getByRole("heading", { name: "Что изменится: 1" })).toBeVisible();
  const changes = page.getByRole("list", { name: "Что изменится" });
  await expect(changes.getByRole("listitem")).toHaveText(/Отзыв.*Обычно.*→ Срочно.*правило 1/);
  const priorities = page.getByRole("region", { name: "По срочности" });
  await expect(priorities.getByRole("row").filter({ hasText: "Не к спеху" })).toBeVisible();

  await page.getByRole("button", { name: "Добавить дату" }).click();
  await expect(save).toBeDisabled();
  await page.getByLabel("Дата 1").fill("2027-01-01");
  await save.click();
  await expect(page.getByText("Сохранено")).toBeVisible();
  const versions = page.getByRole("list", { name: "Версии" });
  await expect(versions.getByRole("listitem").first()).toContainText("действует");

  await page.getByRole("textbox", { name: "Срочно", exact: true }).fill("20");
  await save.click();
  await expect(versions.getByText("Срочно, мин: 30 → 20")).toBeVisible();
  await versions.getByRole("button", { name: "Вернуться к версии 1" }).click();
  await expect(page.getByRole("textbox", { name: "Срочно", exact: true })).toHaveValue("30");
  await expect(page.getByLabel("Понедельник")).toHaveValue("");
  await save.click();
  await expect(versions.getByRole("listitem").first()).toContainText("Версия 3");
});

test("whoever comes second with deadlines is told", async ({ page, context, system }) => {
  const shop = await system.shop([{ text: "Плед тёплый, спасибо.", rating: 5 }]);
  await enter(page, shop, { draftsAhead: false });
  await page.goto("/settings/sla");
  await expect(page.getByRole("textbox", { name: "Срочно", exact: true })).toHaveValue("30");
  const other = await context.newPage();
  await other.goto("/settings/sla");
  await other.getByRole("textbox", { name: "Срочно", exact: true }).fill("15");
  await other.getByRole("button", { name: "Сохранить" }).click();
  await expect(other.getByText("Сохранено")).toBeVisible();
  await page.getByRole("textbox", { name: "Срочно", exact: true }).fill("25");
  await page.getByRole("button", { name: "Сохранить" }).click();
  await expect(page.getByText("Пока вы правили сроки, кто-то сохранил другие: версию 1.")).toBeVisible();
  await page.getByRole("button", { name: "Открыть сохранённые сроки" }).click();
  await expect(page.getByRole("textbox", { name: "Срочно", exact: true })).toHaveValue("15");
});
