/** Replies that need nobody: the path to them, one that goes out by itself, and the button that stops it all. */
import type { Page } from "@playwright/test";
import { enter, expect, row, sync, test, type Review } from "./system";

const FIRST: Review = { text: "Спасибо, плед очень понравился!", rating: 5, user: "Олег" };
const SECOND: Review = { text: "Чайник отличный, всё супер.", rating: 5, user: "Ирина" };

/** A hold of the pilot is a minute. */
const TIMEOUT_MS = 150_000;
const ANSWERED_MS = 60_000;

/** A person sends a draft as it is: history has something to tell. */
async function judge(page: Page): Promise<void> {
  await row(page, FIRST.text).click();
  await page.getByRole("button", { name: "Принять и отправить" }).click();
  const answer = page.getByRole("region", { name: "Ответ", exact: true });
  await expect(answer.getByText(/^Отправлено/)).toBeVisible();
}

/** Has the rules as they are checked on history, and goes as far as the pilot with them. */
async function beginPilot(page: Page): Promise<void> {
  await page.evaluate(async () => {
    type InForce = { version: number; automation: { rules: object } };
    const send = async (method: string, path: string, body: object) => {
      const headers = { "content-type": "application/json", "idempotency-key": crypto.randomUUID() };
      const response = await fetch(`/api/v1${path}`, { method, headers, body: JSON.stringify(body) });
      if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
      return (await response.json()) as unknown;
    };
    let inForce = (await (await fetch("/api/v1/seller/automation")).json()) as InForce;
    const until = new Date();
    const since = new Date(until.getTime() - 3_600_000);
    const { rules } = inForce.automation;
    const made = await send("POST", "/automation/backtests", { rules, since, until, seconds_per_reply: 60 });
    const { backtest_id } = made as { backtest_id: string };
    for (const stage of ["backtested", "pilot"]) {
      const automation = { ...inForce.automation, stage, backtest_id };
      const body = { replaces: inForce.version, automation };
      inForce = (await send("PUT", "/seller/automation", body)) as InForce;
    }
  });
}

test("step by step to the pilot; what it holds is taken back by stopping it all", async ({
  page,
  system,
}) => {
  test.setTimeout(TIMEOUT_MS);
  const shop = await system.shop([FIRST]);
  await enter(page, shop);
  await judge(page);

  await page.getByRole("link", { name: "Настройки" }).click();
  await page.getByRole("link", { name: "Открыть автоматику" }).click();
  const path = page.getByRole("list", { name: "Ступени" });
  await expect(path.getByRole("listitem")).toHaveCount(4);
  await expect(path).toContainText("Наблюдение — сейчас");
  await expect(page.getByRole("button", { name: "Остановить всё" })).toBeHidden();
  const next = (name: string) => page.getByRole("button", { name: `Дальше: ${name}` });
  await expect(next("Проверка на истории")).toBeDisabled();
  await page.getByRole("button", { name: "Проверить", exact: true }).click();
  await expect(page.getByText("100 %", { exact: true })).toBeVisible();

  const dialog = page.getByRole("alertdialog");
  await next("Проверка на истории").click();
  await expect(dialog).toContainText("Сами ответы ещё не уходят");
  await dialog.getByRole("button", { name: "Перейти" }).click();
  await expect(path).toContainText("Проверка на истории — сейчас");
  await expect(path).toContainText("люди поступили так же в 100 % случаев из 1");
  await next("Пилот").click();
  await expect(dialog).toContainText("не больше 20 в час и 100 в день");
  await expect(dialog).toContainText("в течение 60 секунд");
  await dialog.getByRole("button", { name: "Перейти" }).click();
  await expect(path).toContainText("Пилот — сейчас");
  const bar = page.getByRole("region", { name: "Автоматика сейчас" });
  await expect(bar).toContainText("Автоматика: пилот.");

  await system.control("POST", `/control/wildberries/${shop.name}/reviews`, SECOND);
  await sync(page);
  const outgoing = page.getByRole("list", { name: "Автоматические ответы" });
  await expect(outgoing.getByText(/^Уйдёт через \d+ (с|мин)$/)).toBeVisible({ timeout: ANSWERED_MS });
  await outgoing.getByRole("link").first().click();
  const held = page.getByText(/^Уйдёт автоматически через \d+ (с|мин)$/);
  await expect(held).toBeVisible();
  await expect(page.getByRole("region", { name: "Ответ", exact: true })).toContainText("Автоматически");

  await bar.getByRole("button", { name: "Остановить всё" }).click();
  await expect(page.getByRole("status").filter({ hasText: "Автоматика остановлена" })).toBeVisible();
  await expect(bar).toBeHidden();
  await expect(held).toBeHidden();
  await expect(page.getByLabel("Ответ покупателю")).toBeVisible();
  await page.goto("/");
  await expect(row(page, SECOND.text)).toBeVisible();
  expect(await system.answers(shop)).toHaveLength(1);
  await page.goto("/settings/automation");
  await expect(path).toContainText("Наблюдение — сейчас");
  await expect(outgoing.getByText(/^Возвращён/)).toBeVisible();
});

test("once it is on, a thankful review is answered without a person", async ({ page, system }) => {
  test.setTimeout(TIMEOUT_MS);
  const shop = await system.shop([FIRST]);
  await enter(page, shop);
  await judge(page);
  await beginPilot(page);

  await page.goto("/settings/automation");
  await page.getByRole("button", { name: "Дальше: Включено" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Перейти" }).click();
  const path = page.getByRole("list", { name: "Ступени" });
  await expect(path).toContainText("Включено — сейчас");
  // No pilot any more: seconds where an operator would give a minute.
  await page.getByLabel("Можно отменить в течение").fill("10");
  await page.getByRole("button", { name: "Сохранить", exact: true }).click();
  await expect(page.getByText("Сохранено")).toBeVisible();
  await expect(path).toContainText("Включено — сейчас");

  await system.control("POST", `/control/wildberries/${shop.name}/reviews`, SECOND);
  await sync(page);
  const outgoing = page.getByRole("list", { name: "Автоматические ответы" });
  await expect(outgoing.getByText("Ушёл", { exact: true })).toBeVisible({ timeout: ANSWERED_MS });
  await expect.poll(async () => (await system.answers(shop)).length, { timeout: ANSWERED_MS }).toBe(2);
  await outgoing.getByRole("link").first().click();
  const answer = page.getByRole("region", { name: "Ответ", exact: true });
  await expect(answer).toContainText("Автоматически");
  await expect(answer.getByText(/^Отправлено/)).toBeVisible();
});
