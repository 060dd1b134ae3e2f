/** What is listed: read from the URL and written to it, so that a link shows the same list. */
import type { InteractionFilters, InteractionOrder } from "@/lib/api/types";
import { CHANNEL, INTENT, MARKETPLACE, REPLY_STATE, STATUS } from "@/lib/words";

export interface Listing {
  filters: InteractionFilters;
  order: InteractionOrder;
}

/** A standing view: a name for one choice of status. */
export interface View {
  key: "needs_response" | "failed" | "held" | "replying" | "responded" | "all";
  name: string;
  /** The part of the query that makes this view. */
  search: string;
}

export const VIEWS: readonly View[] = [
  { key: "needs_response", name: "Ждут ответа", search: "needs_response=true" },
  { key: "failed", name: "Ошибки отправки", search: "status=failed" },
  { key: "held", name: "Отложенные", search: "status=held" },
  { key: "replying", name: "Отправляются", search: "status=replying" },
  { key: "responded", name: "Отвеченные", search: "status=responded" },
  { key: "all", name: "Все", search: "" },
];

/** By when an item is to be answered, as one chooses it: late already, or within so many minutes. */
export const DUE = [
  { value: "", label: "Любой срок" },
  { value: "late", label: "Просроченные" },
  { value: "30", label: "Срок до 30 мин" },
  { value: "120", label: "Срок до 2 ч" },
  { value: "1440", label: "Срок до суток" },
] as const;
export type Due = (typeof DUE)[number]["value"];

const ORDERS: readonly InteractionOrder[] = ["newest", "oldest", "deadline"];

export const RATINGS = ["1", "2", "3", "4", "5"] as const;

/** Filters besides the view; each can be removed by itself. */
export const NARROWING = [
  "rating",
  "channel",
  "marketplace",
  "account_id",
  "reply_state",
  "breached",
  "due_within_minutes",
  "complaint",
  "intent",
  "product",
  "written_since",
  "written_until",
] as const;
export type Narrowing = (typeof NARROWING)[number];

/** Reads the listing; values the console does not know are left out. */
export function readListing(params: URLSearchParams): Listing {
  const filters: InteractionFilters = {};
  const status = memberOf(STATUS, params.get("status"));
  const replyState = memberOf(REPLY_STATE, params.get("reply_state"));
  const channel = memberOf(CHANNEL, params.get("channel"));
  const marketplace = memberOf(MARKETPLACE, params.get("marketplace"));
  const account = params.get("account_id");
  const ratings = readRatings(params);
  if (params.get("needs_response") === "true") filters.needs_response = true;
  if (status) filters.status = status;
  if (replyState) filters.reply_state = replyState;
  if (channel) filters.channel = channel;
  if (marketplace) filters.marketplace = marketplace;
  if (account) filters.account_id = account;
  if (ratings.length > 0) filters.rating = ratings.join(",");
  const due = readDue(params);
  if (due === "late") filters.breached = true;
  else if (due !== "") filters.due_within_minutes = Number(due);
  const intent = memberOf(INTENT, params.get("intent"));
  const product = params.get("product");
  const [since, until] = [params.get("written_since"), params.get("written_until")].map(readMoment);
  if (params.get("complaint") === "true") filters.complaint = true;
  if (intent) filters.intent = intent;
  if (product) filters.product = product;
  if (since !== undefined) filters.written_since = since;
  if (until !== undefined) filters.written_until = until;
  const at = readMoment(params.get("at"));
  if (at !== undefined) filters.as_of = at;
  return { filters, order: ORDERS.find((order) => order === params.get("order")) ?? "newest" };
}

/** By when an item is to be answered, as the query says it. */
export function readDue(params: URLSearchParams): Due {
  if (params.get("breached") === "true") return "late";
  return DUE.find(({ value }) => value !== "late" && value === params.get("due_within_minutes"))?.value ?? "";
}

/** The query with that choice, and no other of its kind. */
export function withDue(params: URLSearchParams, due: Due): URLSearchParams {
  const minutes = due === "late" ? undefined : due;
  const next = withParam(params, "due_within_minutes", minutes);
  return withParam(next, "breached", due === "late" ? "true" : undefined);
}

/** A moment in a link, as the server takes it. */
function readMoment(text: string | null): string | undefined {
  const time = new Date(text ?? "");
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}

/** The listing of a link, without what it says about the item that is open. */
export function listingOf(params: URLSearchParams): URLSearchParams {
  return withParam(withParam(params, "tab", undefined), "as_of", undefined);
}

/** Ratings chosen, lowest first. */
export function readRatings(params: URLSearchParams): string[] {
  const chosen = (params.get("rating") ?? "").split(",");
  return RATINGS.filter((rating) => chosen.includes(rating));
}

/** The query with `name` set to `value`, or without it. */
export function withParam(params: URLSearchParams, name: string, value: string | undefined): URLSearchParams {
  const next = new URLSearchParams(params);
  if (value === undefined || value === "") next.delete(name);
  else next.set(name, value);
  return next;
}

/** The view the query shows. */
export function viewOf(params: URLSearchParams): View["key"] | undefined {
  const { filters } = readListing(params);
  if (filters.reply_state !== undefined) return undefined;
  if (filters.needs_response && filters.status === undefined) return "needs_response";
  if (filters.needs_response) return undefined;
  if (filters.status === undefined) return "all";
  return VIEWS.find((view) => view.search === `status=${filters.status}`)?.key;
}

/** The listing without its view: what the counts beside the views are taken over. */
export function withoutRating(filters: InteractionFilters): InteractionFilters {
  const rest = { ...filters };
  delete rest.rating;
  return rest;
}

/** Whether anything narrows the view. */
export function isNarrowed(filters: InteractionFilters): boolean {
  return NARROWING.some((name) => filters[name] !== undefined);
}

function memberOf<T extends string>(words: Record<T, unknown>, value: string | null): T | undefined {
  return value !== null && Object.hasOwn(words, value) ? (value as T) : undefined;
}
