/** What buyers complain about: told by topic and product, each number opens those who complain. */
import { enter, expect, row, test } from "./system";

test("complaints are told by topic, and a number opens those who complain", async ({ page, system }) => {
  const [broken, small, content] = [
    "Пришёл сломанным, не работает.",
    "Размер не подошёл, маломерит.",
    "Всё понравилось, спасибо!",
  ] as const;
  const shop = await system.shop([
    { text: broken, rating: 1 },
    { text: small, rating: 2 },
    { text: content, rating: 5 },
  ]);
  await enter(page, shop);
  await expect(row(page, broken)).toBeVisible();

  await page.getByRole("link", { name: "На что жалуются" }).click();
  await expect(page.getByRole("heading", { name: "На что жалуются" })).toBeVisible();
  const topics = page.getByRole("region", { name: "Темы" });
  await expect(topics.getByRole("link", { name: "Жалобы: 2" })).toBeVisible();
  await expect(topics.getByRole("row").filter({ hasText: "Размер" })).toContainText("было 0, больше на 1");
  const products = page.getByRole("region", { name: "Товары" });
  await expect(products.getByRole("row")).not.toHaveCount(0);

  await topics.getByRole("link", { name: "Брак: 1" }).click();
  await expect(row(page, broken)).toBeVisible();
  await expect(row(page, small)).toHaveCount(0);
  const filters = page.getByRole("group", { name: "Фильтры" });
  await filters.getByRole("button", { name: "Убрать фильтр: Брак" }).click();
  await expect(row(page, small)).toBeVisible();
  await expect(row(page, content)).toHaveCount(0);
  await filters.getByRole("button", { name: "Убрать фильтр: Жалобы" }).click();
  await expect(row(page, content)).toBeVisible();
});
