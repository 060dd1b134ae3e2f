/** A chat at the console: one message after another, and what the buyer writes meanwhile. */
import { enter, expect, row, sync, test } from "./system";

test("a chat is answered twice, and what the buyer writes meanwhile disturbs nobody", async ({
  page,
  system,
}) => {
  const shop = await system.ozonShop();
  const chat = await system.chat(shop, "Здравствуйте! Есть ли плед синего цвета?");
  await enter(page, shop);
  const listed = row(page, "Есть ли плед синего цвета?");
  await expect(listed.getByText("Чат", { exact: true })).toBeAttached();
  await expect(listed.getByText("Ждёт ответа")).toBeVisible();
  await listed.click();

  const log = page.getByRole("log", { name: "Переписка" });
  await expect(log.getByText("Есть ли плед синего цвета?")).toBeVisible();
  await expect(
    page.getByText(/^Ozon точно примет ответ до \d\d\.\d\d\.\d{4} \d\d:\d\d; позже/),
  ).toBeVisible();
  const editor = page.getByLabel("Сообщение покупателю");
  await editor.fill("Здравствуйте! Сейчас уточню.");
  await expect(page.getByText("28 / 1000")).toBeVisible();
  await page.keyboard.press("Control+Enter");
  await expect(log.getByText("Здравствуйте! Сейчас уточню.")).toBeVisible();
  await expect(editor).toBeFocused();
  await expect(editor).toHaveValue("");
  // The next one is written while the first is on its way.
  await editor.fill("Да, синий есть.");
  await page.getByRole("button", { name: "Отправить", exact: true }).click();
  await expect(log.getByText("Да, синий есть.")).toBeVisible();
  await expect(editor).toBeFocused();
  await expect(log.getByText("Доставлено", { exact: true })).toHaveCount(2, { timeout: 30_000 });
  await expect(listed.getByText("Доставлено", { exact: true })).toBeVisible();
  await expect(editor).toHaveValue("");

  await editor.fill("Если нужно, подберём");
  await system.write(shop, chat, { text: "А красный?" });
  await sync(page);
  await expect(log.getByText("А красный?")).toBeInViewport();
  await expect(editor).toHaveValue("Если нужно, подберём");
  const news = page.getByText("Пока вы писали, покупатель прислал новое сообщение");
  await expect(news).toBeVisible();
  await page.getByRole("button", { name: "Перечитал" }).click();
  await expect(news).toBeHidden();
  await expect(page.getByRole("option").getByText("Ждёт ответа")).toBeVisible();

  expect(await system.said(shop, chat)).toEqual(["Здравствуйте! Сейчас уточню.", "Да, синий есть."]);

  await page.getByRole("tab", { name: "Журнал" }).click();
  const journal = page.getByRole("list", { name: "Журнал событий" });
  await expect(journal.getByText("Чат получен")).toBeVisible();
  await expect(journal.getByText("Сообщение поставлено на отправку")).toHaveCount(2);
  await expect(journal.getByText("Написал покупатель")).toHaveCount(2);
});

test("whoever reads further up is told of a new message and stays there", async ({ page, system }) => {
  const shop = await system.ozonShop();
  const chat = await system.chat(shop, "Первое сообщение");
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

test("a file goes after the words, once, and what the marketplace does not take goes nowhere", async ({
  page,
  system,
}) => {
  const shop = await system.ozonShop();
  const chat = await system.chat(shop, "Пришлите, пожалуйста, инструкцию");
  await enter(page, shop);
  await row(page, "Пришлите, пожалуйста, инструкцию").click();
  const attached = page.getByRole("list", { name: "Приложенные файлы" });
  const attach = async (name: string, mimeType: string, content: string) => {
    const choosing = page.waitForEvent("filechooser");
    await page.getByRole("button", { name: /^Приложить файл: JPEG, PNG, PDF/ }).press("Enter");
    await (await choosing).setFiles({ name, mimeType, buffer: Buffer.from(content) });
  };
  const send = page.getByRole("button", { name: "Отправить", exact: true });

  await attach("Прайс.txt", "text/plain", "1 рубль");
  await expect(attached.getByText("Площадка принимает только JPEG, PNG, PDF.")).toBeVisible();
  await attach("Прайс.pdf", "application/pdf", "1 рубль");
  await expect(attached.getByText("содержимое файла ни на что из этого не похоже")).toBeVisible();
  await expect(send).toBeDisabled();

  await attach("Инструкция.pdf", "application/pdf", "%PDF-1.4 как включить чайник");
  await attach("Лишний.pdf", "application/pdf", "%PDF-1.4 лишний");
  await attached.getByRole("button", { name: "Убрать файл: Лишний.pdf" }).press("Enter");
  await expect(attached.getByText("Лишний.pdf")).toBeHidden();
  // It is with the server, not only on this page.
  await page.reload();
  await expect(attached.getByText("Инструкция.pdf")).toBeVisible();
  await page.getByLabel("Сообщение покупателю").fill("Вот инструкция.");
  await page.keyboard.press("Control+Enter");

  const log = page.getByRole("log", { name: "Переписка" });
  await expect(log.getByText("Вот инструкция.")).toBeVisible();
  await expect(log.getByText("Инструкция.pdf", { exact: true })).toBeVisible();
  await expect(attached).toBeHidden();
  await expect(log.getByText("Доставлено", { exact: true })).toHaveCount(2, { timeout: 30_000 });
  await expect(log.getByText("Инструкция.pdf", { exact: true })).toHaveCount(1);
  // What Ozon gives for a file is an address, not words.
  expect(await system.said(shop, chat)).toEqual(["Вот инструкция.", ""]);
});

test("nothing is written in a closed chat, and a link lists chats alone", async ({ page, system }) => {
  const shop = await system.ozonShop();
  const chat = await system.chat(shop, "Когда доставка?");
  await enter(page, shop);
  await page.goto("/queue?channel=chat&marketplace=ozon");
  await row(page, "Когда доставка?").click();
  const editor = page.getByLabel("Сообщение покупателю");
  await expect(editor).toBeEnabled();
  await system.closeChat(shop, chat);
  await sync(page);
  await expect(editor).toBeDisabled();
  await expect(page.getByText("Площадка закрыла этот чат.")).toBeVisible();
  await expect(page.getByRole("option").getByText("Закрыто")).toBeVisible();
  await page.goto("/queue?channel=question");
  await expect(page.getByText("Ничего не найдено")).toBeVisible();
  await expect(page.getByRole("button", { name: "Убрать фильтр: Вопросы" })).toBeVisible();
});

test("a buyer's file is saved, and one that the marketplace does not give says why", async ({
  page,
  system,
}) => {
  const shop = await system.shop([]);
  const files = [
    { kind: "pdf", name: "Чек.pdf" },
    { kind: "png", name: "Брак.png", rejected: true },
  ];
  const words = { text: "Пришёл битым", files };
  await system.control("POST", `/control/wildberries/${shop.name}/chats`, words);
  await enter(page, shop);
  await row(page, "Пришёл битым").click();
  const saving = page.waitForEvent("download");
  await page.getByRole("button", { name: "Скачать: Чек.pdf" }).click();
  expect((await saving).suggestedFilename()).toBe("Чек.pdf");
  await page.getByRole("button", { name: /^Скачать: (?!Чек)/ }).click();
  await expect(page.getByText("Площадка проверила этот файл и отказалась его отдавать.")).toBeVisible();
  await expect(page.getByText(/Попросите покупателя прислать файл ещё раз/)).toBeVisible();
});
