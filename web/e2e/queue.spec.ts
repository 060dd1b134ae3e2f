/** The whole way of one reply at the console, with the keyboard only, as buyers see it in the ledger. */
import { enter, expect, row, sync, test } from "./system";

test("a review is answered, published, edited and remembered without a mouse", async ({ page, system }) => {
  const shop = await system.shop([
    { text: "Кружка пришла с трещиной на ручке.", rating: 1, user: "Ирина" },
    { text: "Всё понравилось, спасибо!", rating: 5, user: "Олег" },
  ]);
  await enter(page, shop);
  await expect(row(page, "Кружка пришла")).toBeVisible();
  await expect(row(page, "Всё понравилось")).toBeVisible();

  await page.keyboard.press("KeyJ");
  const item = page.getByRole("article");
  // Written within the same second, the two may stand in either order.
  await expect(item.getByText(/Кружка пришла|Всё понравилось/)).toBeVisible();
  if (!(await item.getByText("Кружка пришла").isVisible())) await page.keyboard.press("KeyJ");
  await expect(item.getByText("Кружка пришла")).toBeVisible();

  await page.keyboard.press("Enter");
  const editor = page.getByLabel("Ответ покупателю");
  await expect(editor).toBeFocused();
  await page.keyboard.type("Здравствуйте! Нам очень жаль. Оформите возврат.");
  await expect(page.getByText("47 / 5000")).toBeVisible();
  await page.keyboard.press("Control+Enter");

  const reply = page.getByRole("region", { name: "Ответ", exact: true });
  await expect(reply.getByText("Отправлено")).toBeVisible();
  await expect(reply.getByText("опубликовано")).toBeVisible({ timeout: 30_000 });
  await expect(row(page, "Кружка пришла").getByText("Опубликовано")).toBeVisible();

  await page.keyboard.press("KeyE");
  const edit = page.getByLabel("Новый текст ответа");
  await expect(edit).toBeFocused();
  await expect(edit).toHaveValue("Здравствуйте! Нам очень жаль. Оформите возврат.");
  await page.keyboard.press("Control+KeyA");
  await page.keyboard.type("Здравствуйте! Возврат уже одобрен.");
  await page.keyboard.press("Control+Enter");
  await expect(page.getByText(/отредактирован \d/)).toBeVisible();
  await expect(page.getByRole("button", { name: "Редактировать ответ" })).toBeDisabled();

  await page.getByRole("tab", { name: "История ответов" }).click();
  await expect(page.getByRole("tabpanel").getByText("Оформите возврат")).toBeVisible();
  await expect(page.getByRole("tabpanel").getByText("Возврат уже одобрен")).toBeVisible();
  await page.getByRole("tab", { name: "Журнал" }).click();
  const journal = page.getByRole("list", { name: "Журнал событий" });
  await expect(journal.getByText("Отзыв получен")).toBeVisible();
  await expect(journal.getByText("Ответ поставлен на отправку")).toBeVisible();
  await expect(journal.getByText("WB принял правку")).toBeVisible();

  const answers = await system.answers(shop);
  expect(answers.map((answer) => answer.buyer_sees?.text)).toEqual([
    "Здравствуйте! Нам очень жаль. Оформите возврат.",
    "Здравствуйте! Возврат уже одобрен.",
  ]);
});

test("sending and going on opens the next review that waits", async ({ page, system }) => {
  const shop = await system.shop([
    { text: "Первый отзыв", rating: 4 },
    { text: "Второй отзыв", rating: 2 },
    { text: "Третий отзыв", rating: 3 },
  ]);
  await enter(page, shop);
  await expect(page.getByRole("option")).toHaveCount(3);
  const first = page.getByRole("option").first();
  await first.click();
  await page.getByLabel("Ответ покупателю").fill("Спасибо за отзыв!");
  await page.keyboard.press("Control+Shift+Enter");
  await expect(page.getByRole("option").nth(1)).toHaveAttribute("aria-selected", "true");
  await expect(page.getByLabel("Ответ покупателю")).toBeFocused();
  await expect(first.getByText(/Отправлено|Опубликовано/)).toBeVisible();
});

test("keys pressed faster than the page is drawn are all counted", async ({ page, system }) => {
  const shop = await system.shop(
    Array.from({ length: 5 }, (_, n) => ({ text: `Отзыв номер ${n}.`, rating: 5 })),
  );
  await enter(page, shop);
  await page.getByRole("option").first().click();
  await expect(page.getByRole("article")).toBeVisible();
  await page.evaluate(async () => {
    for (const code of ["KeyJ", "KeyX", "KeyJ", "KeyJ"]) {
      document.body.dispatchEvent(new KeyboardEvent("keydown", { code, bubbles: true, cancelable: true }));
      // React takes over what the key changed in a microtask; nothing is drawn before the next task.
      await Promise.resolve();
    }
  });
  await expect(page.getByRole("option").nth(3)).toHaveAttribute("aria-selected", "true");
  await expect(page.getByRole("option", { checked: true })).toHaveCount(1);
  await expect(page.getByRole("option").nth(1)).toHaveAttribute("aria-checked", "true");
});

test("filters live in the link and narrow what is listed", async ({ page, system }) => {
  const shop = await system.shop([
    { text: "Ужасно", rating: 1 },
    { text: "Отлично", rating: 5 },
  ]);
  await enter(page, shop);
  await expect(page.getByRole("option")).toHaveCount(2);
  await page.getByRole("button", { name: "Оценка 1" }).click();
  await expect(page.getByRole("option")).toHaveCount(1);
  await expect(page).toHaveURL(/rating=1/);
  await page.reload();
  await expect(row(page, "Ужасно")).toBeVisible();
  await expect(page.getByRole("option")).toHaveCount(1);
  await page.goto("/queue?needs_response=true&rating=3");
  await expect(page.getByText("Ничего не найдено")).toBeVisible();
  await page.getByRole("button", { name: "Убрать фильтр: 3 ★" }).click();
  await expect(page.getByRole("option")).toHaveCount(2);
});

test("a new review is announced by a pill and does not move the list", async ({ page, system }) => {
  const shop = await system.shop([{ text: "Старый отзыв", rating: 5 }]);
  await enter(page, shop);
  await row(page, "Старый отзыв").click();
  await system.control("POST", `/control/wildberries/${shop.name}/reviews`, {
    text: "Новый отзыв",
    rating: 2,
  });
  await sync(page);
  const pill = page.getByRole("button", { name: "1 новый" });
  await expect(pill).toBeVisible({ timeout: 30_000 });
  await expect(page.getByRole("option")).toHaveCount(1);
  await pill.click();
  await expect(page.getByRole("option")).toHaveCount(2);
  await expect(row(page, "Новый отзыв")).toBeVisible();
});

test("what arrives while the list is still loading is listed", async ({ page, system }) => {
  const shop = await system.shop([]);
  await enter(page, shop);
  await expect(page.getByRole("link", { name: "Все 0" })).toBeVisible();
  // Answers reach the page only after the list was asked for anew: the first one knows nothing of the review.
  let release = () => {};
  const released = new Promise<void>((done) => (release = done));
  await page.route(/\/api\/v1\/interactions(\/counts)?\?/, async (route) => {
    const response = await route.fetch();
    await released;
    // The page may have stopped waiting for it.
    await route.fulfill({ response }).catch(() => undefined);
  });
  const first = page.waitForResponse(/\/api\/v1\/accounts$/);
  await page.goto("/queue");
  await first;
  await system.control("POST", `/control/wildberries/${shop.name}/reviews`, {
    text: "Тем временем",
    rating: 4,
  });
  const again = page.waitForRequest(/\/api\/v1\/interactions\?.*at_least=/);
  await sync(page);
  await again;
  release();
  await expect(row(page, "Тем временем")).toBeVisible();
  await expect(page.getByRole("link", { name: "Все 1" })).toBeVisible();
});
