/** The system under test: the sandbox and the server as an operator's machine runs them, and shops to try them on. */
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { test as base, expect, type Page } from "@playwright/test";

/** The program, built before. */
export const BINARY = resolve(process.env.AGENTIQ_BIN ?? "../target/debug/agentiq");
const START_MS = 60_000;
const STOP_MS = 15_000;

export interface Review {
  text: string;
  rating: number;
  pros?: string;
  cons?: string;
  user?: string;
  /** Article of one of the sandbox's products. */
  product?: string;
  /** How many are attached. */
  photos?: number;
}

/** A seller of the sandbox with one token: of Wildberries with some reviews, or of Ozon, which knows it by a number. */
export interface Shop {
  name: string;
  token: string;
  clientId?: string;
}

export interface System {
  url: string;
  sandbox: string;
  /** What the person on call does: runs the program beside the server and answers with what it says. */
  run: (...args: string[]) => string;
  /** Asks the sandbox for something only it can do. */
  control: (method: string, path: string, body?: unknown) => Promise<unknown>;
  /** Opens a shop in the sandbox. */
  shop: (reviews: readonly Review[]) => Promise<Shop>;
  /** Opens a shop of Ozon's in the sandbox. */
  ozonShop: () => Promise<Shop>;
  /** A buyer of a shop of Ozon's begins a chat; answers with its id. */
  chat: (shop: Shop, text: string) => Promise<string>;
  /** Somebody writes in a chat, the buyer unless said otherwise. */
  write: (shop: Shop, chat: string, message: Words) => Promise<void>;
  closeChat: (shop: Shop, chat: string) => Promise<void>;
  /** What was sent from here in a chat, as its buyer sees it. */
  said: (shop: Shop, chat: string) => Promise<string[]>;
  /** The answers buyers of a shop have had. */
  answers: (shop: Shop) => Promise<Answer[]>;
}

/** Words in a chat, or a file. */
export interface Words {
  text?: string;
  /** A file's name. */
  file?: string;
  by?: "buyer" | "cabinet" | "support";
}

export interface Answer {
  kind: string;
  seller: string;
  applied: boolean;
  deliveries: number;
  /** What stands under the review after this. */
  buyer_sees: { text: string } | null;
}

export const test = base.extend<object, { hasModel: boolean; system: System }>({
  /** Whether the sandbox's model writes drafts. */
  hasModel: [false, { option: true, scope: "worker" }],
  system: [
    async ({ hasModel }, use) => {
      const home = mkdtempSync(join(tmpdir(), "agentiq-e2e-"));
      const data = join(home, "data");
      const processes: ChildProcess[] = [];
      try {
        const sandbox = await start(processes, [
          ...["sandbox", "--listen", "127.0.0.1:0", "--ledger", join(home, "ledger.jsonl")],
          ...["--reviews", "none", "--rate-scale", "100"],
        ]);
        const url = await start(processes, [
          ...["serve", "--listen", `127.0.0.1:${await freePort()}`, "--data-dir", data],
          ...["--wildberries-url", sandbox, "--ozon-url", `${sandbox}/ozon`, "--automatic-replies"],
          // A program that a test starts is on this machine.
          ...["--webhook-networks", "any", "--console-url", "https://agentiq.example.ru"],
          ...(hasModel
            ? ["--model-url", `${sandbox}/model/v1`, "--model-name", "sandbox", "--model-key", "sandbox-key"]
            : []),
          // Seconds where an operator would wait minutes.
          ...[
            "--confirm-after-seconds",
            "3",
            "--settle-read-after-seconds",
            "3,6,12",
            "--settle-proof-seconds",
            "12",
            "--heads-interval-seconds",
            "1",
          ],
        ]);
        await use(systemAt(url, sandbox, data));
      } finally {
        for (const child of processes.reverse()) await stop(child);
        rmSync(home, { recursive: true, force: true });
      }
    },
    { scope: "worker", timeout: 2 * START_MS },
  ],
  baseURL: async ({ system }, use) => use(system.url),
});

export { expect };

/**
 * Signs a new seller in, in this page, with the shop connected; answers when the page is the queue. Where it matters how
 * many events or texts there are, drafts are made only when somebody asks.
 */
export async function enter(
  page: Page,
  shop: Shop,
  { draftsAhead = true } = {},
): Promise<{ email: string; password: string }> {
  const person = { email: `${shop.name}@example.org`, password: `long enough ${shop.name}` };
  await page.goto("/login");
  await page.evaluate(
    async ({ person, shop, draftsAhead }) => {
      const send = async (method: string, path: string, body: object) => {
        const response = await fetch(`/api/v1${path}`, {
          method,
          headers: { "content-type": "application/json", "idempotency-key": crypto.randomUUID() },
          body: JSON.stringify(body),
        });
        if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
      };
      await send("POST", "/auth/register", { ...person, company: "ООО «Дом и дело»", session: "cookie" });
      if (!draftsAhead) {
        const now = (await (await fetch("/api/v1/seller/drafting")).json()) as {
          version: number;
          drafting: object;
        };
        const drafting = { ...now.drafting, ahead: false };
        await send("PUT", "/seller/drafting", { replaces: now.version, drafting });
      }
      const { token, clientId } = shop;
      const key =
        clientId === undefined
          ? { marketplace: "wildberries", token }
          : { marketplace: "ozon", token, client_id: clientId };
      await send("POST", "/accounts", { ...key, name: "Основной" });
    },
    { person, shop, draftsAhead },
  );
  await page.goto("/");
  return person;
}

/** The link to a section of the console: a bar of an alert may have one of the same name. */
export function sectionLink(page: Page, name: string) {
  return page.getByRole("navigation", { name: "Разделы" }).getByRole("link", { name });
}

/** The row of the review with this text. */
export function row(page: Page, text: string) {
  return page.getByRole("option").filter({ hasText: text });
}

/** Has the cabinets of whoever is signed in read at once. */
export async function sync(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const headers = { "idempotency-key": crypto.randomUUID() };
    const { items } = (await (await fetch("/api/v1/accounts")).json()) as { items: { account_id: string }[] };
    for (const { account_id } of items)
      await fetch(`/api/v1/accounts/${account_id}/sync`, { method: "POST", headers });
  });
}

function systemAt(url: string, sandbox: string, data: string): System {
  const control: System["control"] = async (method, path, body) => {
    const response = await fetch(sandbox + path, {
      method,
      headers: { "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text === "" ? undefined : (JSON.parse(text) as unknown);
  };
  return {
    url,
    sandbox,
    run: (...args) => {
      // The server says there which process it is, and where its database.
      const [, database] = readFileSync(join(data, "lock"), "utf8").split("\n");
      const env = { ...environment(), DATABASE_URL: database };
      return execFileSync(BINARY, [...args, "--data-dir", data], { encoding: "utf8", env });
    },
    control,
    shop: async (reviews) => {
      const name = `shop-${crypto.randomUUID().slice(0, 8)}`;
      const shop = { name, token: `token-${name}` };
      await control("PUT", `/control/wildberries/${name}`, {});
      await control("POST", `/control/wildberries/${name}/tokens`, { token: shop.token });
      for (const review of reviews) await control("POST", `/control/wildberries/${name}/reviews`, review);
      return shop;
    },
    ozonShop: async () => {
      const name = `shop-${crypto.randomUUID().slice(0, 8)}`;
      const number = 200_000 + Math.floor(Math.random() * 1_000_000_000);
      const shop = { name, token: `key-${name}`, clientId: String(number) };
      await control("PUT", `/control/ozon/${name}`, { client_id: number });
      await control("POST", `/control/ozon/${name}/keys`, { api_key: shop.token });
      return shop;
    },
    chat: async (shop, text) => {
      const begun = await control("POST", `/control/ozon/${shop.name}/chats`, { text });
      return (begun as { chat_id: string }).chat_id;
    },
    write: async (shop, chat, message) => {
      await control("POST", `/control/ozon/${shop.name}/chats/${chat}/messages`, message);
    },
    closeChat: async (shop, chat) => {
      await control("PUT", `/control/ozon/${shop.name}/chats/${chat}/closed`);
    },
    said: async (shop, chat) => {
      const whole = await control("GET", `/control/ozon/${shop.name}/chats/${chat}`);
      const { messages } = whole as { messages: { message: { by: string; text: string } }[] };
      return messages.filter(({ message }) => message.by === "seller").map(({ message }) => message.text);
    },
    answers: async (shop) => {
      const text = await (await fetch(`${sandbox}/ledger?kind=answer&seller=${shop.name}`)).text();
      return text
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as Answer);
    },
  };
}

/** A database of its own: whatever the environment names belongs to someone else. */
function environment(): NodeJS.ProcessEnv {
  const env = { ...process.env };
  delete env.DATABASE_URL;
  return env;
}

/** Starts the binary and waits for the address it prints. */
function start(processes: ChildProcess[], args: string[]): Promise<string> {
  const child = spawn(BINARY, args, { stdio: ["ignore", "pipe", "pipe"], env: environment() });
  processes.push(child);
  let output = "";
  return new Promise((done, fail) => {
    const complain = (why: string) => fail(new Error(`agentiq ${args[0]}: ${why}\n${output}`));
    const timer = setTimeout(() => complain(`no address within ${START_MS} ms`), START_MS);
    const listen = (chunk: Buffer) => {
      output += chunk.toString();
      const address = /listening on (http:\/\/\S+)/.exec(output)?.[1];
      if (address === undefined) return;
      clearTimeout(timer);
      done(address.replace(/\/$/, ""));
    };
    child.stdout.on("data", listen);
    child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.on("error", (error) => complain(error.message));
    child.on("exit", (code) => complain(`ended with ${code}`));
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((done) => child.once("exit", done));
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
  await ended;
  clearTimeout(timer);
}

function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer();
    server.once("error", fail);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() =>
        typeof address === "object" && address ? done(address.port) : fail(new Error("no port")),
      );
    });
  });
}
