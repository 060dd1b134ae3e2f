/** What the marketplace gives and nobody can read is told to the seller, and leaves when it can be read. */
import { enter, expect, row, sectionLink, test } from "./system";

test("an item that cannot be read is counted with its reason until it can be", async ({ page, system }) => {
  const shop = await system.shop([{ text: "Хороший чайник", rating: 5 }]);
  const reviews = `/control/wildberries/${shop.name}/reviews`;
  const bad = (await system.control("POST", reviews, {
    ...{ text: "Плед мягкий", rating: 5 },
    served: { id: "wb-broken", createdDate: "вчера", text: "Плед мягкий" },
  })) as { id: string };
  await enter(page, shop);
  await expect(row(page, "Хороший чайник")).toBeVisible();

  await sectionLink(page, "Кабинеты").click();
  await expect(page.getByText("Не удалось прочитать 1 запись")).toBeVisible();
  await page.getByRole("button", { name: "Показать причины" }).click();
  const items = page.getByRole("list", { name: "Непрочитанные записи" });
  await expect(items.getByText("Не указано, когда отзыв написан.")).toBeVisible();
  await expect(items.getByText("№ wb-broken")).toBeVisible();
  await page.getByRole("button", { name: "Попробовать снова" }).click();
  await expect(page.getByRole("main").getByText("Прочитать по-прежнему не удаётся.")).toBeVisible();

  // Under the same id, as a marketplace mends what it gives.
  await system.control("PUT", `${reviews}/${bad.id}/served`, {
    ...{ id: "wb-broken", createdDate: new Date().toISOString(), text: "Плед мягкий", productValuation: 5 },
  });
  await page.getByRole("button", { name: "Синхронизировать" }).click();
  await expect(page.getByText("Не удалось прочитать 1 запись")).toBeHidden({ timeout: 40_000 });
  await page.getByRole("link", { name: /Ждут ответа/ }).click();
  await expect(row(page, "Плед мягкий")).toBeVisible();
});
