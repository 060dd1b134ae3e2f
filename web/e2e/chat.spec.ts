/** A chat at the console: one message after another, and what the buyer writes meanwhile. */
import { enter, expect, row, sync, test } from "./system";

test("a chat is answered twice, and what the buyer writes meanwhile disturbs nobody", async ({
  page,
  system,
}) => {
  const shop = await system.shop([]);
  const chat = await system.chat(shop, { text: "Здравствуйте! Есть ли плед синего цвета?", client: "Анна" });
  await enter(page, shop);
  const listed = row(page, "Есть ли плед синего цвета?");
  await expect(listed.getByText("Чат", { exact: true })).toBeAttached();
  await expect(listed.getByText("Ждёт ответа")).toBeVisible();
  await listed.click();

  const log = page.getByRole("log", { name: "Переписка" });
  await expect(log.getByText("Есть ли плед синего цвета?")).toBeVisible();
  const editor = page.getByLabel("Сообщение покупателю");
  await editor.fill("Здравствуйте! Сейчас уточню.");
  await expect(page.getByText("28 / 1000")).toBeVisible();
  await page.keyboard.press("Control+Enter");
  await expect(log.getByText("Здравствуйте! Сейчас уточню.")).toBeVisible();
  await expect(editor).toBeFocused();
  await expect(editor).toHaveValue("");
  // The next one is written while the first is on its way.
  await editor.fill("Да, синий есть.");
  const send = page.getByRole("button", { name: "Отправить", exact: true });
  await expect(send).toBeEnabled();
  await send.click();
  await expect(log.getByText("Да, синий есть.")).toBeVisible();
  await expect(log.getByText("Доставлено")).toHaveCount(2, { timeout: 30_000 });
  await expect(listed.getByText("Доставлено")).toBeVisible();
  await expect(editor).toHaveValue("");

  await editor.fill("Если нужно, подберём");
  await system.write(shop, chat, { text: "А красный?" });
  await sync(page);
  await expect(log.getByText("А красный?")).toBeInViewport();
  await expect(editor).toHaveValue("Если нужно, подберём");
  await expect(page.getByText("Пока вы писали, покупатель прислал новое сообщение")).toBeVisible();
  await page.getByRole("button", { name: "Перечитал" }).click();
  await expect(page.getByText("Пока вы писали, покупатель прислал новое сообщение")).toBeHidden();
  await expect(row(page, "А красный?").getByText("Ждёт ответа")).toBeVisible();

  const said = (await system.said(shop, chat)).filter((each) => each.sender === "seller");
  expect(said.map((each) => each.text)).toEqual(["Здравствуйте! Сейчас уточню.", "Да, синий есть."]);

  await page.getByRole("tab", { name: "Журнал" }).click();
  const journal = page.getByRole("list", { name: "Журнал событий" });
  await expect(journal.getByText("Чат получен")).toBeVisible();
  await expect(journal.getByText("Сообщение поставлено на отправку")).toHaveCount(2);
  await expect(journal.getByText("Написал покупатель")).toHaveCount(2);
});

test("whoever reads further up is told of a new message and stays there", async ({ page, system }) => {
  const shop = await system.shop([]);
  const chat = await system.chat(shop, { text: "Первое сообщение", client: "Анна" });
  for (let n = 1; n <= 25; n += 1) await system.write(shop, chat, { text: `Сообщение номер ${n}` });
  await enter(page, shop);
  await row(page, "Сообщение номер 25").click();
  const log = page.getByRole("log", { name: "Переписка" });
  await expect(log.getByText("Сообщение номер 25")).toBeInViewport();
  await log.evaluate((box) => (box.scrollTop = 0));
  await expect(log.getByText("Первое сообщение")).toBeInViewport();
  await system.write(shop, chat, { text: "Вы здесь?" });
  await sync(page);
  const pill = page.getByRole("button", { name: "1 новое сообщение" });
  await expect(pill).toBeVisible();
  await expect(log.getByText("Первое сообщение")).toBeInViewport();
  await pill.click();
  await expect(log.getByText("Вы здесь?")).toBeInViewport();
  await expect(pill).toBeHidden();
});

test("chats are listed apart by a link", async ({ page, system }) => {
  const shop = await system.shop([{ text: "Хороший плед", rating: 5 }]);
  await system.chat(shop, { text: "Когда доставка?", client: "Олег" });
  await enter(page, shop);
  await expect(page.getByRole("option")).toHaveCount(2);
  await page.goto("/queue?channel=chat&marketplace=wildberries");
  await expect(page.getByRole("option")).toHaveCount(1);
  await expect(row(page, "Когда доставка?")).toBeVisible();
  await page.goto("/queue?channel=question");
  await expect(page.getByText("Ничего не найдено")).toBeVisible();
  await expect(page.getByRole("button", { name: "Убрать фильтр: Вопросы" })).toBeVisible();
});
