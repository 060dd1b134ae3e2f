/** A review and its supplement: two items, each with the way to the other. */
import { enter, expect, row, test } from "./system";

test("a review and its supplement lead to each other and are answered apart", async ({ page, system }) => {
  const shop = await system.shop([]);
  const reviews = `/control/wildberries/${shop.name}/reviews`;
  const first = (await system.control("POST", reviews, {
    text: "Плед мягкий, цвет как на фото.",
    rating: 5,
  })) as { id: string };
  await system.control("POST", reviews, {
    text: "После первой стирки скатался.",
    rating: 2,
    adds_to: first.id,
  });
  await enter(page, shop);
  await row(page, "Плед мягкий").click();
  const item = page.getByRole("article");
  const related = page.getByRole("list", { name: "Связанные отзывы" });
  await expect(related).toContainText("После первой стирки скатался.");
  await related.getByRole("link", { name: "Покупатель дополнил отзыв" }).click();
  await expect(item.getByText("После первой стирки скатался.")).toBeVisible();
  await expect(related).toContainText("Плед мягкий, цвет как на фото.");
  await expect(row(page, "После первой стирки")).toHaveAttribute("aria-selected", "true");

  await page
    .getByLabel("Ответ покупателю")
    .fill("Здравствуйте! Жаль, что плед скатался. Поможем разобраться.");
  await page.keyboard.press("Control+Enter");
  await expect(page.getByRole("region", { name: "Ответ", exact: true })).toBeVisible();
  // The list beside it stays as it was.
  await related.getByRole("link", { name: "Это дополнение к отзыву" }).click();
  await expect(item.getByText("Плед мягкий, цвет как на фото.")).toBeVisible();
  await expect(page.getByLabel("Ответ покупателю")).toHaveValue("");
  await expect(row(page, "Плед мягкий").getByText("Ждёт ответа")).toBeVisible();
});

test("a review without a supplement names none", async ({ page, system }) => {
  const shop = await system.shop([{ text: "Термос держит тепло до вечера.", rating: 5 }]);
  await enter(page, shop);
  await row(page, "Термос держит тепло").click();
  await expect(page.getByLabel("Ответ покупателю")).toBeVisible();
  await expect(page.getByRole("list", { name: "Связанные отзывы" })).toBeHidden();
});
