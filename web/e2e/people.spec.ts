/** A colleague is invited, comes in, sees what the role lets them, and is shut out; a program gets a token. */
import { enter, expect, row, sectionLink, test } from "./system";

test("a colleague comes in by a link, and sees and does what the role lets them", async ({
  page,
  browser,
  baseURL,
  system,
}) => {
  const shop = await system.shop([{ text: "Отличный чайник", rating: 5 }]);
  await enter(page, shop);
  await sectionLink(page, "Настройки").click();
  await page.getByRole("link", { name: "Открыть людей и роли" }).click();
  const invite = page.getByRole("region", { name: "Пригласить" });
  const colleague = `oleg-${shop.name}@example.org`;
  await invite.getByLabel("Электронная почта").fill(colleague);
  await invite.getByRole("button", { name: "Роль приглашённого" }).click();
  await page.getByRole("option", { name: "Наблюдатель" }).click();
  await invite.getByRole("button", { name: "Пригласить" }).click();
  const link = await invite.getByRole("status").getByText("/join#").textContent();
  expect(link).not.toBeNull();
  await expect(invite.getByRole("listitem", { name: colleague })).toContainText("Наблюдатель");

  const elsewhere = await browser.newContext(baseURL === undefined ? {} : { baseURL });
  const there = await elsewhere.newPage();
  try {
    await there.goto((link ?? "").trim());
    await expect(there.getByText(`Входить вы будете по адресу ${colleague}`)).toBeVisible();
    await there.getByLabel("Придумайте пароль").fill("1234567890");
    await there.getByRole("button", { name: "Войти" }).click();
    await expect(there.getByText("подбирают одним из первых")).toBeVisible();
    await there.getByLabel("Придумайте пароль").fill("a teapot for Oleg");
    await there.getByRole("button", { name: "Войти" }).click();
    await expect(sectionLink(there, "Возвраты")).toBeVisible();
    await expect(sectionLink(there, "Журнал событий")).toBeHidden();
    await expect(there.getByRole("button", { name: "Остановить отправку" })).toBeHidden();
    await row(there, "Отличный чайник").click();
    await expect(there.getByText("Вы можете только читать")).toBeVisible();
    await sectionLink(there, "Настройки").click();
    await expect(there.getByRole("link", { name: "Открыть вход и пароль" })).toBeVisible();
    await expect(there.getByRole("link", { name: "Открыть людей и роли" })).toBeHidden();

    await page.reload();
    const person = page.getByRole("region", { name: "Люди" }).getByRole("listitem", { name: colleague });
    await person.getByRole("button", { name: `Роль: ${colleague}` }).click();
    await page.getByRole("option", { name: "Оператор" }).click();
    await expect(person.getByRole("button", { name: `Роль: ${colleague}` })).toContainText("Оператор");
    await there.goto("/queue");
    await row(there, "Отличный чайник").click();
    await expect(there.getByRole("button", { name: "Остановить отправку" })).toBeVisible();
    await expect(there.getByText("Вы можете только читать")).toBeHidden();

    await person.getByRole("button", { name: "Закрыть вход" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Закрыть вход" }).click();
    await expect(person).toContainText("Вход закрыт с");
    await there.goto("/settings");
    await expect(there).toHaveURL(/login/);
  } finally {
    await elsewhere.close();
  }
});

test("a role of one's own is put together, and a token is shown once", async ({ page, system, request }) => {
  await enter(page, await system.shop([]));
  await page.goto("/settings/people");
  const roles = page.getByRole("region", { name: "Роли" });
  await roles.getByRole("button", { name: "Добавить свою роль" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Название").fill("Ревизор");
  await dialog.getByLabel("Видеть журнал событий").check();
  await dialog.getByRole("button", { name: "Сохранить" }).click();
  await expect(roles.getByRole("listitem", { name: "Ревизор" })).toContainText("Видеть журнал событий");

  await page.goto("/settings/access");
  const tokens = page.getByRole("region", { name: "Токены для программ" });
  await tokens.getByLabel("Для чего токен").fill("Выгрузка в 1С");
  await tokens.getByLabel("Читать отзывы, вопросы и чаты").check();
  await tokens.getByRole("button", { name: "Сделать токен" }).click();
  const shown = tokens.getByRole("status");
  const token = (await shown.getByText("aiq_api_").textContent())?.trim() ?? "";
  const headers = { authorization: `Bearer ${token}` };
  expect((await request.get("/api/v1/interactions", { headers })).status()).toBe(200);
  expect((await request.get("/api/v1/log", { headers })).status()).toBe(403);
  await page.reload();
  await expect(page.getByText(token)).toBeHidden();
  const listed = tokens.getByRole("listitem", { name: "Выгрузка в 1С" });
  await listed.getByRole("button", { name: "Отозвать" }).click();
  await expect(listed).toHaveCount(0);
  expect((await request.get("/api/v1/interactions", { headers })).status()).toBe(401);
});

test("whoever forgot the password is told where no mail goes out, and what a spent link is", async ({
  page,
}) => {
  await page.goto("/login");
  await page.getByRole("link", { name: "Забыли пароль?" }).click();
  await page.getByLabel("Электронная почта").fill("nobody@example.org");
  await page.getByRole("button", { name: "Прислать ссылку" }).click();
  await expect(page.getByRole("alert")).toContainText("не отправляет писем");
  await page.goto("/reset#aiq_reset_nothing");
  await page.getByLabel("Новый пароль").fill("quite another password");
  await page.getByRole("button", { name: "Сохранить пароль" }).click();
  await expect(page.getByRole("alert")).toContainText("Попросите новую ссылку");
  await page.goto("/join#aiq_join_nothing");
  await expect(page.getByRole("alert")).toContainText("Попросите новую ссылку");
});
