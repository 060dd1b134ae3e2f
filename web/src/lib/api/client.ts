/** The one way to the server: typed calls whose failures are `Problem`s, and word of a session that ended. */
import createClient from "openapi-fetch";
import { asProblem, noAnswer, refusal, Problem } from "./problem";
import { intentKey, intentOf, isUnsettled, settleIntent } from "./intent";
import type { paths } from "./schema";

/** Typed client; paths carry the `/api/v1` prefix. */
export const api = createClient<paths>({ baseUrl: "", credentials: "same-origin" });

type Listener = () => void;
const sessionLost = new Set<Listener>();
const positionGone = new Set<Listener>();

/** Calls `listener` when an answer says that the session is over. */
export function onSessionLost(listener: Listener): () => void {
  sessionLost.add(listener);
  return () => sessionLost.delete(listener);
}

/** Tells everyone that the session is over. */
export function reportSessionLost(): void {
  for (const listener of sessionLost) listener();
}

/** Calls `listener` when the log no longer holds the place that a request named: its database was restored. */
export function onPositionGone(listener: Listener): () => void {
  positionGone.add(listener);
  return () => positionGone.delete(listener);
}

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** Waits for an answer and takes its body, or throws the `Problem` it carries. */
export async function taken<T>(call: Promise<Answer<T>>): Promise<T> {
  return (await answered(call)).data;
}

/** As `taken`, with whether the read models lag behind the position asked for. */
export async function takenWithLag<T>(call: Promise<Answer<T>>): Promise<{ data: T; isStale: boolean }> {
  const { data, response } = await answered(call);
  return { data, isStale: response.headers.get("x-agentiq-stale") === "true" };
}

async function answered<T>(call: Promise<Answer<T>>): Promise<{ data: T; response: Response }> {
  let answer: Answer<T>;
  try {
    answer = await call;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw error instanceof TypeError || error instanceof SyntaxError ? noAnswer() : asProblem(error);
  }
  if (answer.response.ok) return { data: answer.data as T, response: answer.response };
  const problem = refusal(answer.error, answer.response);
  if (problem.status === 401 && problem.code !== "bad_credentials") reportSessionLost();
  if (problem.code === "cursor_gone") for (const listener of positionGone) listener();
  throw problem;
}

/** Carries out a write as one intent: repeats after an unclear failure reuse its key. */
export function intended<T>(
  scope: string,
  body: unknown,
  call: (key: string) => Promise<Answer<T>>,
): Promise<T> {
  return carriedOut(scope, () => call(intentKey(scope, body)));
}

/** The same for what rests on what its author had seen: a repeat names what was seen then. */
export function intendedOn<T>(
  scope: string,
  body: unknown,
  seen: number,
  call: (key: string, basis: number) => Promise<Answer<T>>,
): Promise<T> {
  const { key, basis } = intentOf(scope, body, seen);
  return carriedOut(scope, () => call(key, basis ?? seen));
}

async function carriedOut<T>(scope: string, call: () => Promise<Answer<T>>): Promise<T> {
  try {
    const value = await taken(call());
    settleIntent(scope);
    return value;
  } catch (error) {
    if (error instanceof Problem && !isUnsettled(error)) settleIntent(scope);
    throw error;
  }
}
