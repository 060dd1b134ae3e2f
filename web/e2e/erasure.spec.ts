/** A buyer's data is erased from the item, everywhere and for good. */
import { enter, expect, row, test } from "./system";

test("a buyer's data is erased and nothing of it is shown again", async ({ page, system }) => {
  const shop = await system.shop([{ text: "Чайник течёт, пишите мне на почту", rating: 1 }]);
  await enter(page, shop);
  await row(page, "Чайник течёт").click();
  await page.getByRole("tab", { name: "Журнал" }).click();
  await page.getByRole("button", { name: "Удалить данные покупателя" }).click();
  const dialog = page.getByRole("alertdialog", { name: "Удалить данные покупателя?" });
  await expect(dialog.getByText("Отменить это нельзя")).toBeVisible();

  await dialog.getByLabel("Номер запроса").fill("Анна Петрова");
  await dialog.getByRole("button", { name: "Удалить навсегда" }).click();
  await expect(dialog.getByText("чтобы в номере не оказалось имени")).toBeVisible();
  await dialog.getByLabel("Номер запроса").fill("17/2026");
  await dialog.getByRole("button", { name: "Удалить навсегда" }).click();

  await expect(dialog).toBeHidden();
  await expect(page.getByRole("link", { name: "Скачать акт" })).toBeVisible();
  await expect(page.getByText("Просьба покупателя, № 17/2026")).toBeVisible();
  await page.getByRole("tab", { name: "Переписка" }).click();
  await expect(page.getByText("Прочитать их больше нельзя")).toBeVisible();
  await page.reload();
  await expect(page.getByText("Прочитать их больше нельзя")).toBeVisible();
  await expect(page.getByText("Чайник течёт")).toBeHidden();
});
