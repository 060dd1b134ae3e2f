// The demo seller of script/server: its login and its keys of the sandbox's cabinets, kept in a file between runs.
//
//   node demo-seller.mjs cabinets FILE          prints the sandbox's arguments that give the seller its cabinets, one a
//                                               line; the first time, makes up the whole file
//   node demo-seller.mjs connect FILE BASE_URL SANDBOX_URL
//                                               registers the seller and connects the sandbox's cabinets, where that was
//                                               not done before, and tells the sandbox where to notify of news in them;
//                                               prints the login
//
// Everything goes through the public HTTP API, as any other client's would; the sandbox is told what a seller would
// enter in the marketplaces' own pages.
import { randomBytes, randomUUID } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";

const [command, file, baseUrl, sandboxUrl] = process.argv.slice(2);

const OZON_CLIENT = "100001";
const YANDEX_BUSINESS = "1000001";

/** Where the sandbox is told to send a marketplace's notifications; Wildberries has none. */
const RECEIVERS = {
  ozon: "/control/ozon/demo/receiver",
  yandex_market: "/control/yandex/demo/notifications",
};

function readOrMakeDemo() {
  const secret = () => `sandbox-${randomBytes(12).toString("hex")}`;
  const made = {
    email: "demo@example.com",
    password: randomBytes(12).toString("base64url"),
    token: secret(),
    ozonKey: secret(),
    yandexKey: `ACMA:${secret()}:00000000`,
  };
  if (!existsSync(file)) return save(made);
  const known = JSON.parse(readFileSync(file, "utf8"));
  // A file of an earlier version knows fewer cabinets.
  return Object.keys(made).every((name) => name in known) ? known : save({ ...made, ...known });
}

function save(demo) {
  writeFileSync(file, JSON.stringify(demo, null, 2) + "\n", { mode: 0o600 });
  return demo;
}

/** Calls the API; an answer that is none of `accepted` ends the program with what the server says. */
async function call(method, path, { body, bearer, accepted = [200, 201] } = {}) {
  const headers = { "content-type": "application/json" };
  if (bearer) headers.authorization = `Bearer ${bearer}`;
  if (method !== "GET" && bearer) headers["idempotency-key"] = randomUUID();
  const answer = await fetch(`${baseUrl}/api/v1${path}`, { method, headers, body: body && JSON.stringify(body) });
  const said = await answer.json().catch(() => ({}));
  if (!accepted.includes(answer.status)) {
    throw new Error(`${method} ${path} answered ${answer.status}: ${said.detail ?? said.title ?? "no reason given"}`);
  }
  return { status: answer.status, ...said };
}

async function logIn(demo) {
  const { email, password } = demo;
  const session = await call("POST", "/auth/login", {
    body: { email, password, session: "token" },
    accepted: [200, 401],
  });
  if (session.status === 200) return session;
  const company = "Демо-магазин";
  const registered = await call("POST", "/auth/register", {
    body: { email, password, company, session: "token" },
    accepted: [201, 409],
  });
  if (registered.status === 201) return registered;
  // The database knows this address with a password that the file does not: the file was removed meanwhile.
  return logIn(save({ ...demo, email: `demo-${randomBytes(3).toString("hex")}@example.com` }));
}

/** The cabinets to connect, as the API takes them. */
function cabinets({ token, ozonKey, yandexKey }) {
  return [
    { marketplace: "wildberries", name: "Wildberries (песочница)", token },
    { marketplace: "ozon", name: "Ozon (песочница)", token: ozonKey, client_id: OZON_CLIENT },
    {
      marketplace: "yandex_market",
      name: "Яндекс Маркет (песочница)",
      token: yandexKey,
      business_id: YANDEX_BUSINESS,
    },
  ];
}

async function connect() {
  const session = await logIn(readOrMakeDemo());
  const demo = readOrMakeDemo();
  const bearer = session.access_token;
  const { items } = await call("GET", "/accounts", { bearer });
  for (const body of cabinets(demo)) {
    const known = items.find((item) => item.marketplace === body.marketplace);
    const account = known ?? (await call("POST", "/accounts", { bearer, body }));
    if (account.status === "access_lost") {
      const { token } = body;
      await call("PUT", `/accounts/${account.account_id}/credential`, { bearer, body: { token } });
    }
    await notify(account, bearer).catch((error) => {
      process.stderr.write(`demo seller: ${body.name} will not notify, and is read on schedule: ${error.message}\n`);
    });
  }
  return demo;
}

/** Each time anew: the server may listen on another port than the last time. */
async function notify({ account_id: id, marketplace }, bearer) {
  const receiver = RECEIVERS[marketplace];
  if (!receiver) return;
  const place = `/accounts/${id}/notifications`;
  let { address } = await call("GET", place, { bearer });
  if (!address) {
    await call("POST", place, { bearer, accepted: [204] });
    ({ address } = await call("GET", place, { bearer }));
  }
  const answer = await fetch(sandboxUrl + receiver, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ url: baseUrl + address.path }),
  });
  if (!answer.ok) throw new Error(`the sandbox answered ${answer.status}: ${await answer.text()}`);
}

try {
  if (command === "cabinets") {
    const { token, ozonKey, yandexKey } = readOrMakeDemo();
    process.stdout.write(`--seller=demo:${token}\n`);
    process.stdout.write(`--ozon=demo:${OZON_CLIENT}:${ozonKey}\n`);
    process.stdout.write(`--yandex=demo:${YANDEX_BUSINESS}:${yandexKey}\n`);
  } else if (command === "connect") {
    const { email, password } = await connect();
    process.stdout.write(`  login      ${email}\n  password   ${password}\n`);
  } else {
    throw new Error(`unknown command ${command}`);
  }
} catch (error) {
  process.stderr.write(`demo seller: ${error.message}${error.cause ? ` (${error.cause.message})` : ""}\n`);
  process.exitCode = 1;
}
