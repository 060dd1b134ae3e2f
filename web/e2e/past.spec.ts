/** The past of an item and of the queue: walked along with the keyboard, linked to, downloaded, and left with one key. */
import { readFileSync } from "node:fs";
import { enter, expect, row, test } from "./system";

test("an item is shown as it was after each of its events", async ({ page, system }) => {
  const shop = await system.shop([{ text: "Ручка отвалилась.", rating: 2, user: "Валентина" }]);
  await enter(page, shop, { draftsAhead: false });
  await row(page, "Ручка отвалилась").click();
  // A deadline is an event, too.
  await expect(page.getByRole("button", { name: /^Срок ответа: / })).toBeVisible();
  await page.getByLabel("Ответ покупателю").fill("Нам очень жаль, Валентина!");
  await page.keyboard.press("Control+Enter");
  await expect(page.getByText(/Отправлено · опубликовано/)).toBeVisible({ timeout: 30_000 });

  await page.getByRole("tab", { name: "Журнал" }).click();
  await page.keyboard.press("KeyH");
  const slider = page.getByRole("slider", { name: "Событие" });
  await expect(slider).toBeFocused();
  const banner = page.getByRole("status").filter({ hasText: "Как было" });
  await expect(banner).toContainText("событие 5 из 5");
  await expect(banner).toContainText("Ответ опубликован");
  await page.keyboard.press("ArrowLeft");
  await expect(banner).toContainText("событие 4 из 5");
  await page.keyboard.press("ArrowLeft");
  await expect(banner).toContainText("событие 3 из 5");
  await expect(banner).toContainText("вы");
  const then = page.getByRole("region", { name: "Обращение, как было" });
  await expect(then.getByText("Отправка...", { exact: true })).toBeVisible();
  await expect(then.getByText("Ждёт ответа")).toBeVisible();
  await expect(then.getByText("Ответ в пути")).toBeVisible();
  await expect(page).toHaveURL(/as_of=/);

  await page.keyboard.press("Home");
  await expect(banner).toContainText("событие 1 из 5");
  await expect(then.getByText("Ручка отвалилась.")).toBeVisible();
  await expect(then.getByText("Нам очень жаль")).toBeHidden();
  await expect(page.getByLabel("Ответ покупателю")).toBeHidden();
  await expect(page.getByRole("button", { name: "Предыдущее событие" })).toBeDisabled();

  // The key that opened the past leaves it, also from the slider.
  await page.keyboard.press("KeyH");
  await expect(banner).toBeHidden();
  await page.keyboard.press("KeyH");
  await expect(slider).toBeFocused();
  await page.keyboard.press("Home");
  await expect(banner).toContainText("событие 1 из 5");

  // The link alone shows the same; a time does as well as a cursor.
  await page.reload();
  await expect(banner).toContainText("событие 1 из 5");
  const time = await page.evaluate(async () => {
    const id = location.pathname.split("/").at(-1);
    const { items } = (await (await fetch(`/api/v1/interactions/${id}/events`)).json()) as {
      items: { time: string }[];
    };
    return items[1]?.time ?? "";
  });
  await page.goto(`${page.url().split("?")[0]}?as_of=${encodeURIComponent(time)}`);
  await expect(banner).toContainText("событие 2 из 5");
  await page.goto(`${page.url().split("?")[0]}?as_of=1999-01-01T00:00:00Z`);
  await expect(page.getByText("На указанный момент обращения здесь ещё не было.")).toBeVisible();

  await page.keyboard.press("Escape");
  await expect(banner).toBeHidden();
  await expect(page).not.toHaveURL(/as_of=/);
  await expect(page.getByText(/Отправлено · опубликовано/)).toBeVisible();
});

test("an item is downloaded for support without names", async ({ page, system }) => {
  const shop = await system.shop([{ text: "Крышка не закрывается.", rating: 3, user: "Серафима" }]);
  await enter(page, shop, { draftsAhead: false });
  await row(page, "Крышка не закрывается").click();
  await page.getByRole("tab", { name: "Журнал" }).click();
  const downloading = page.waitForEvent("download");
  await page.getByRole("link", { name: "Скачать для поддержки" }).click();
  const download = await downloading;
  expect(download.suggestedFilename()).toMatch(/^interaction-[0-9a-f-]{36}\.json$/);
  const text = readFileSync(await download.path(), "utf8");
  expect(text).toContain('"format":"agentiq-interaction"');
  expect(text).not.toContain("Серафима");
  expect(text).not.toContain("Крышка");
});

test("the queue is listed as it was, and its items open as they were", async ({ page, system }) => {
  const shop = await system.shop([{ text: "Всё хорошо.", rating: 5 }]);
  await enter(page, shop, { draftsAhead: false });
  await row(page, "Всё хорошо").click();
  await expect(page.getByRole("button", { name: /^Срок ответа: / })).toBeVisible();
  await page.getByLabel("Ответ покупателю").fill("Спасибо за отзыв!");
  await page.keyboard.press("Control+Enter");
  await expect(page.getByText(/Отправлено/).first()).toBeVisible();
  const asked = await page.evaluate(async () => {
    const id = location.pathname.split("/").at(-1);
    const { items } = (await (await fetch(`/api/v1/interactions/${id}/events`)).json()) as {
      items: { type: string; time: string }[];
    };
    return items.find((event) => event.type.endsWith("ReplyRequested"))?.time ?? "";
  });
  const before = new Date(Date.parse(asked) - 1).toISOString();
  await page.goto(`/queue?needs_response=true&at=${before}`);
  await expect(page.getByRole("status").filter({ hasText: "Как было" })).toBeVisible();
  await expect(page.getByLabel("На момент")).not.toHaveValue("");
  await expect(row(page, "Всё хорошо").getByText("Ждёт ответа")).toBeVisible();
  await row(page, "Всё хорошо").click();
  await expect(page.getByText(/^Как было .* событие 2 из/)).toBeVisible();

  await page.getByRole("button", { name: "Показать сейчас" }).click();
  await expect(row(page, "Всё хорошо")).toBeHidden();
  await page.goto("/queue");
  await page.getByLabel("На момент").fill("2001-02-03T04:05:06");
  await expect(page.getByText("Тогда здесь было пусто")).toBeVisible();
});
