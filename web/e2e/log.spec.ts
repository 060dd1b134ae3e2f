/** The owner's page about the log: what it says of a running system, and proofs that are checked without it. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import type { Download, Page } from "@playwright/test";
import { BINARY, enter, expect, row, test } from "./system";

/** Checks the file as anybody can, without the service; returns what the program says. */
async function checked(download: Download): Promise<string> {
  return execFileSync(BINARY, ["verify", "--proof", await download.path()], { encoding: "utf8" });
}

/** Presses and returns the file; fails soon where none comes, so that one may press again. */
async function downloaded(page: Page, press: () => Promise<void>): Promise<Download> {
  const [download] = await Promise.all([page.waitForEvent("download", { timeout: 3_000 }), press()]);
  return download;
}

/** The value beside a name on the page. */
function fact(page: Page, name: string) {
  return page.locator("dl > div").filter({ has: page.getByText(name, { exact: true }) });
}

test("the owner sees how the log stands and takes a proof away", async ({ page, system }) => {
  const shop = await system.shop([{ text: "Носик протекает.", rating: 2, user: "Капитолина" }]);
  await enter(page, shop);
  await expect(row(page, "Носик протекает")).toBeVisible();
  await page.keyboard.press("KeyG");
  await page.keyboard.press("KeyL");
  await expect(page.getByRole("heading", { name: "Журнал событий", level: 1 })).toBeVisible();
  await expect(page.getByText("Нарушений не видно")).toBeVisible();
  await expect(fact(page, "Подпись")).toContainText("Подписано всё", { timeout: 30_000 });
  await expect(fact(page, "Файл подписей")).toContainText("На месте и сходится с журналом");
  await expect(fact(page, "Очередь обращений")).toContainText("без отставания");
  await expect(page.getByText("Полную проверку ещё не запускали.")).toBeVisible();

  const field = page.getByLabel("Номер события");
  await field.fill("999999");
  await expect(page.getByRole("button", { name: "Скачать доказательство" })).toBeDisabled();
  await field.fill("1");
  const download = await downloaded(page, () => field.press("Enter"));
  expect(download.suggestedFilename()).toBe("agentiq-proof-1.json");
  expect(await checked(download)).toMatch(/^proved: event /);
  await expect(page.getByText("Скачано: agentiq-proof-1.json")).toBeVisible();

  const file = await download.path();
  const text = readFileSync(file, "utf8");
  writeFileSync(file, text.replace(/"actor": "[^"]*"/, '"actor": "user:somebody-else"'));
  await expect(checked(download)).rejects.toThrow();
});

test("an item's event is proved from its journal, and names nobody", async ({ page, system }) => {
  const shop = await system.shop([{ text: "Ремешок порвался.", rating: 1, user: "Аполлинария" }]);
  await enter(page, shop);
  await row(page, "Ремешок порвался").click();
  await page.getByRole("tab", { name: "Журнал" }).click();
  const button = page.getByRole("button", { name: /^Скачать доказательство: Отзыв получен/ });
  await expect(button).toBeVisible();
  // Not signed yet is said where it was asked for; the next signature is a second away.
  await expect(async () => {
    const download = await downloaded(page, () => button.click());
    expect(await checked(download)).toContain("Ingested");
    const text = readFileSync(await download.path(), "utf8");
    expect(text).not.toContain("Аполлинария");
    expect(text).not.toContain("Ремешок");
  }).toPass({ timeout: 30_000 });
});
