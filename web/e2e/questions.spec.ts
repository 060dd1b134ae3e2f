/** Questions at the console: rejecting one, and the mark that one was viewed. */
import { enter, expect, row, test, type Shop, type System } from "./system";

/** A buyer asks; answers with the question's id. */
async function ask(system: System, shop: Shop, text: string): Promise<string> {
  const asked = await system.control("POST", `/control/wildberries/${shop.name}/questions`, { text });
  return (asked as { id: string }).id;
}

/** The question as the marketplace has it. */
async function standing(system: System, shop: Shop, id: string) {
  const whole = await system.control("GET", `/control/wildberries/${shop.name}/questions/${id}`);
  return (whole as { question: { state: string; wasViewed: boolean } }).question;
}

test("a question is rejected after a confirmation, and cannot be answered then", async ({ page, system }) => {
  const shop = await system.shop([]);
  const id = await ask(system, shop, "А вы кто по знаку зодиака?");
  await enter(page, shop);
  await row(page, "А вы кто по знаку зодиака?").click();

  const reject = page.getByRole("button", { name: "Отклонить вопрос" });
  await reject.click();
  const dialog = page.getByRole("alertdialog", { name: "Отклонить вопрос?" });
  await expect(dialog.getByText("отменить его отсюда нельзя")).toBeVisible();
  await dialog.getByRole("button", { name: "Отменить" }).click();
  await expect(dialog).toBeHidden();
  expect((await standing(system, shop, id)).state).toBe("suppliersPortalSynch");

  await reject.click();
  await expect(dialog.getByLabel("Причина для WB")).toHaveValue("Вопрос не относится к товару.");
  await dialog.getByLabel("Причина для WB").fill("");
  await dialog.getByRole("button", { name: "Отклонить вопрос" }).click();
  await expect(dialog).toBeVisible();
  await dialog.getByLabel("Причина для WB").fill("Вопрос не о товаре.");
  await dialog.getByRole("button", { name: "Отклонить вопрос" }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByText("Вопрос отклонён, покупатели его не видят")).toBeVisible({ timeout: 30_000 });
  await expect(reject).toBeHidden();
  await expect(page.getByLabel("Ответ на вопрос")).toBeHidden();
  expect((await standing(system, shop, id)).state).toBe("none");
  // It was not an answer: nobody was told anything.
  expect(await system.answers(shop)).toEqual([]);
});

test("a question that is opened is marked as viewed at the marketplace, and no other", async ({
  page,
  system,
}) => {
  const shop = await system.shop([]);
  const opened = await ask(system, shop, "Чайник со свистком?");
  const other = await ask(system, shop, "Есть ли подсветка?");
  await enter(page, shop);
  await expect(row(page, "Есть ли подсветка?")).toBeVisible();
  expect((await standing(system, shop, opened)).wasViewed).toBe(false);

  await row(page, "Чайник со свистком?").click();
  await expect
    .poll(async () => (await standing(system, shop, opened)).wasViewed, { timeout: 30_000 })
    .toBe(true);
  expect((await standing(system, shop, other)).wasViewed).toBe(false);
  // Looking is no answer.
  await expect(row(page, "Чайник со свистком?").getByText("Ждёт ответа")).toBeVisible();
  await expect(page.getByLabel("Ответ на вопрос")).toBeEnabled();
});
