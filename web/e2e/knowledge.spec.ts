/** What a seller knows: written, found, changed by two at once, imported from a table, removed. */
import { enter, expect, test } from "./system";

test("a document is written, found, changed by two, and removed", async ({ page, context, system }) => {
  const shop = await system.shop([{ text: "Плед тёплый, спасибо.", rating: 5 }]);
  await enter(page, shop);
  await page.getByRole("link", { name: "Знания" }).click();
  await expect(page.getByText("Записей пока нет")).toBeVisible();
  await page.getByRole("link", { name: "Документ" }).click();
  await page.getByLabel("Заголовок").fill("Возврат");
  await page.getByLabel("Текст").fill("Вернуть товар можно в течение 14 дней.");
  await page.getByRole("button", { name: "Сохранить" }).click();
  await expect(page.getByText("Версия 1")).toBeVisible();

  const other = await context.newPage();
  await other.goto(page.url());
  await other.getByLabel("Текст").fill("Вернуть товар можно в течение 30 дней.");
  await other.getByRole("button", { name: "Сохранить" }).click();
  await expect(other.getByText("Версия 2")).toBeVisible();
  await page.getByLabel("Текст").fill("Вернуть товар можно в течение 7 дней.");
  await page.getByRole("button", { name: "Сохранить" }).click();
  await expect(page.getByRole("alert").filter({ hasText: /\S/ })).toContainText(
    "кто-то сохранил другую: версию 2",
  );
  await page.getByRole("button", { name: "Открыть сохранённую запись" }).click();
  await expect(page.getByLabel("Текст")).toHaveValue("Вернуть товар можно в течение 30 дней.");

  await page.goto("/knowledge");
  await page.getByLabel("Вопрос покупателя").fill("Как вернуть товар?");
  await page.getByRole("button", { name: "Найти" }).click();
  const found = page.getByRole("list", { name: "Найдено" });
  await expect(found.getByText("Вернуть товар можно в течение 30 дней.")).toBeVisible();
  await found.getByRole("link", { name: "Возврат" }).click();
  await page.getByRole("button", { name: "Удалить" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Удалить" }).click();
  await expect(page.getByText("Записей пока нет")).toBeVisible();
});

test("a table is looked at line by line, mended and imported", async ({ page, system }) => {
  const shop = await system.shop([{ text: "Плед тёплый, спасибо.", rating: 5 }]);
  await enter(page, shop);
  await page.goto("/knowledge/import");
  const choose = async (csv: string) => {
    const chooser = page.waitForEvent("filechooser");
    await page.getByRole("button", { name: "Выбрать файл" }).click();
    const file = { name: "товары.csv", mimeType: "text/csv", buffer: Buffer.from(csv) };
    await (await chooser).setFiles(file);
  };
  await choose("Артикул;Название;Цена\nPL-77;Плед;дорого\nKR-12;Кроссовки;4990\n");
  await expect(page.getByText("Новых: 1. Изменится: 0. Без изменений: 0. С ошибками: 1.")).toBeVisible();
  await expect(page.getByText("нужна цена в рублях")).toBeVisible();
  await expect(page.getByRole("button", { name: "Загрузить" })).toBeDisabled();
  await choose("Артикул;Название;Цена;Состав\nPL-77;Плед;1 290,50;шерсть\nKR-12;Кроссовки;4990;сетка\n");
  await page.getByRole("button", { name: "Загрузить" }).click();
  await expect(page.getByText("Загружено: новых 2, изменено 0")).toBeVisible();

  await page.goto("/knowledge?kind=product");
  await page.getByRole("link", { name: "Плед" }).click();
  await expect(page.getByLabel("Цена, ₽")).toHaveValue("1290,50");
  await expect(page.getByLabel("Факты")).toHaveValue("Состав: шерсть");
});
