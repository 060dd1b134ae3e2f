/** What is read from the server, under which key it is cached, and how it stays fresh. */
import { infiniteQueryOptions, queryOptions, skipToken, type QueryClient } from "@tanstack/react-query";
import { positionSeen } from "@/lib/live/position";
import { isAutomatic } from "@/lib/words";
import { api, taken, takenWithLag } from "./client";
import { Problem } from "./problem";
import type {
  Account,
  Alert,
  Claim,
  ClaimFilters,
  ClaimPage,
  AutomationInForce,
  AutomationStatus,
  Backtest,
  Days,
  DraftingInForce,
  Guardrails,
  GuardrailsVersion,
  Interaction,
  InteractionCounts,
  InteractionFilters,
  InteractionOrder,
  InteractionPage,
  JudgedFilters,
  KnowledgeFilters,
  LogStanding,
  MarketplaceList,
  Me,
  MeasuredFilters,
  MetricBy,
  Notifications,
  RecipientList,
  SessionList,
  ReplyCheck,
  ReplyEvidence,
  Sending,
  SendingStatus,
  Settings,
  SlaInForce,
  SlaVersion,
  SlaWhatIf,
  SlaWhatIfRequest,
  Step,
  UnreadItemList,
  Why,
} from "./types";

/** Rows of a list page: several screens high, one round trip. */
export const PAGE_ROWS = 50;
/** Read models that lag are asked again after this. */
const LAG_RETRY_MS = 700;
/** How often accounts are looked at: back-fill moves fast, otherwise only times change. */
const BACKFILL_POLL_MS = 2_000;
const ACCOUNTS_POLL_MS = 30_000;
/** Texts that were typed on from are hardly ever typed again. */
const CHECK_KEPT_MS = 60_000;
/** Another buyer may get the same text meanwhile, which is only advice here. */
const CHECK_FRESH_MS = 15_000;
/** No event tells of a stop of the whole service. */
const SENDING_POLL_MS = 10_000;
/** Automatic replies can be taken back for a minute or less: what is shown of them must not lag behind much. */
const AUTOMATION_POLL_MS = 3_000;
/** How often the log is looked at while somebody looks. */
const LOG_POLL_MS = 10_000;
/** How often it is asked what one may do: the server goes by it at once. */
const ROLE_POLL_MS = 60_000;

export const keys = {
  me: ["me"] as const,
  people: ["people"] as const,
  roles: ["roles"] as const,
  invitations: ["invitations"] as const,
  openInvitation: (token: string) => ["open invitation", token] as const,
  tokens: ["tokens"] as const,
  settings: ["settings"] as const,
  sending: ["sending"] as const,
  sendingStatus: ["sending status"] as const,
  alerts: ["alerts"] as const,
  marketplaces: ["marketplaces"] as const,
  guardrails: ["guardrails"] as const,
  guardrailsHistory: ["guardrails history"] as const,
  automation: ["automation"] as const,
  automationStatus: ["automation status"] as const,
  backtests: ["backtests"] as const,
  comparisons: ["comparisons"] as const,
  drafting: ["drafting"] as const,
  recipients: ["recipients"] as const,
  sessions: ["sessions"] as const,
  signingKey: (id: string) => ["recipients", "signing key", id] as const,
  sla: ["sla"] as const,
  slaHistory: ["sla history"] as const,
  slaWhatIf: (body: SlaWhatIfRequest | null) => ["sla what-if", body] as const,
  accounts: ["accounts"] as const,
  bulks: ["bulks"] as const,
  claims: ["claims"] as const,
  claimList: (filters: ClaimFilters) => ["claims", "list", filters] as const,
  claim: (id: string) => ["claims", "one", id] as const,
  knowledgeLists: ["knowledge", "list"] as const,
  knowledgeList: (filters: KnowledgeFilters) => ["knowledge", "list", filters] as const,
  knowledgeItem: (id: string) => ["knowledge", "one", id] as const,
  unanswered: ["knowledge", "list", "unanswered"] as const,
  quality: (days: number) => ["quality", days] as const,
  judged: (days: number, filters: JudgedFilters) => ["quality", days, filters] as const,
  learning: ["learning"] as const,
  closedWeek: (from: string) => ["closed week", from] as const,
  replyQuality: (days: Days, by: MetricBy | undefined) => ["reply quality", days, by] as const,
  complaints: (days: Days) => ["complaints", days] as const,
  measured: (days: Days, filters: MeasuredFilters) => ["measured", days, filters] as const,
  log: ["log"] as const,
  notifications: (id: string) => ["accounts", "notifications", id] as const,
  unread: (id: string) => ["accounts", "unread", id] as const,
  interactions: ["interactions"] as const,
  lists: ["interactions", "list"] as const,
  list: (filters: InteractionFilters, order: InteractionOrder) =>
    filters.as_of === undefined
      ? (["interactions", "list", filters, order] as const)
      : (["past", "list", filters, order] as const),
  head: (filters: InteractionFilters, order: InteractionOrder) =>
    ["interactions", "head", filters, order] as const,
  counts: ["interactions", "counts"] as const,
  items: ["interactions", "item"] as const,
  item: (id: string) => ["interactions", "item", id] as const,
  histories: ["interactions", "history"] as const,
  history: (id: string) => ["interactions", "history", id] as const,
  journal: (id: string) => ["interactions", "journal", id] as const,
  steps: (id: string) => ["interactions", "steps", id] as const,
  why: (id: string) => ["interactions", "why", id] as const,
  /** More is known of a reply with each event of its interaction. */
  evidence: (id: string, replyId: string, version: number) =>
    ["interactions", "evidence", id, replyId, version] as const,
  replyChecks: ["reply check"] as const,
  /** The same text in the same place has the same findings, until the lists change or another buyer gets it. */
  replyCheck: (id: string, revisions: number, text: string) => ["reply check", id, revisions, text] as const,
  /** News do not reach the past, but for an erasure. */
  allPast: ["past"] as const,
  past: (id: string, asOf: string) => ["past", id, asOf] as const,
};

function position(): { at_least?: string } {
  const cursor = positionSeen();
  return cursor === undefined ? {} : { at_least: cursor };
}

/** The past includes what it includes: nothing is waited for. */
function positionFor(filters: InteractionFilters): { at_least?: string } {
  return filters.as_of === undefined ? position() : {};
}

/** Who is signed in; `null` when no one is. */
export const meQuery = queryOptions({
  queryKey: keys.me,
  queryFn: async ({ signal }): Promise<Me | null> => {
    try {
      return await taken(api.GET("/api/v1/auth/me", { signal }));
    } catch (error) {
      if (error instanceof Problem && error.status === 401) return null;
      throw error;
    }
  },
  staleTime: Infinity,
  // Somebody may have given them another role.
  refetchInterval: ROLE_POLL_MS,
});

/** What the rules have against a text as a reply to the item as it stands in this revision. */
export const replyCheckQuery = (id: string, revisions: number, text: string) =>
  queryOptions({
    queryKey: keys.replyCheck(id, revisions, text),
    queryFn: ({ signal }): Promise<ReplyCheck> =>
      taken(
        api.POST("/api/v1/interactions/{id}/reply/check", {
          params: { path: { id } },
          body: { text },
          signal,
        }),
      ),
    staleTime: CHECK_FRESH_MS,
    gcTime: CHECK_KEPT_MS,
    // Sending checks the text again, so a failure here keeps nobody from anything.
    retry: false,
  });

/** The seller's settings. */
export const settingsQuery = queryOptions({
  queryKey: keys.settings,
  queryFn: ({ signal }): Promise<Settings> => taken(api.GET("/api/v1/seller/settings", { signal })),
});

/** Whether replies go out. */
export const sendingQuery = queryOptions({
  queryKey: keys.sending,
  queryFn: ({ signal }): Promise<Sending> =>
    taken(api.GET("/api/v1/sending", { params: { query: position() }, signal })),
  refetchInterval: SENDING_POLL_MS,
});

/** How sending goes, while somebody looks. */
export const sendingStatusQuery = queryOptions({
  queryKey: keys.sendingStatus,
  queryFn: ({ signal }): Promise<SendingStatus> => taken(api.GET("/api/v1/sending/status", { signal })),
  refetchInterval: SENDING_POLL_MS,
});

/** What is alarming, and was; the newest first. */
export const alertsQuery = queryOptions({
  queryKey: keys.alerts,
  queryFn: async ({ signal }): Promise<Alert[]> => (await taken(api.GET("/api/v1/alerts", { signal }))).items,
});

/** How marketplaces answer, lately and usually. */
export const marketplacesQuery = queryOptions({
  queryKey: keys.marketplaces,
  queryFn: ({ signal }): Promise<MarketplaceList> => taken(api.GET("/api/v1/marketplaces", { signal })),
});

/** What the seller wants of drafts. Read anew by every visit: what is edited replaces one version. */
export const draftingQuery = queryOptions({
  queryKey: keys.drafting,
  queryFn: ({ signal }): Promise<DraftingInForce> => taken(api.GET("/api/v1/seller/drafting", { signal })),
});

/** What the seller wants of deadlines. Read anew by every visit: what is edited replaces one version. */
export const slaQuery = queryOptions({
  queryKey: keys.sla,
  queryFn: ({ signal }): Promise<SlaInForce> => taken(api.GET("/api/v1/seller/sla", { signal })),
});

/** Where one is signed in. */
export const sessionsQuery = queryOptions({
  queryKey: keys.sessions,
  queryFn: ({ signal }): Promise<SessionList> => taken(api.GET("/api/v1/auth/sessions", { signal })),
  staleTime: 0,
});

/** Who hears of alerts outside the console. */
export const recipientsQuery = queryOptions({
  queryKey: keys.recipients,
  queryFn: ({ signal }): Promise<RecipientList> => taken(api.GET("/api/v1/seller/recipients", { signal })),
  staleTime: 0,
});

/** By what a program knows that a message is from here; never kept. */
export const signingKeyQuery = (id: string) =>
  queryOptions({
    queryKey: keys.signingKey(id),
    queryFn: async ({ signal }): Promise<string> => {
      const path = "/api/v1/seller/recipients/{id}/signing-key";
      return (await taken(api.GET(path, { signal, params: { path: { id } } }))).signing_key;
    },
    staleTime: 0,
    gcTime: 0,
  });

/** Who changed that when, newest first. */
export const slaHistoryQuery = queryOptions({
  queryKey: keys.slaHistory,
  queryFn: async ({ signal }): Promise<SlaVersion[]> =>
    (await taken(api.GET("/api/v1/seller/sla/history", { signal }))).items,
  staleTime: 0,
});

/** A page of what a policy would have done to history, and how many changes come before it. */
export interface SlaWhatIfPage {
  told: SlaWhatIf;
  skip: number;
}

/** What a policy would have done to history; nothing is asked while there is no question. */
export const slaWhatIfQuery = (body: SlaWhatIfRequest | null) =>
  queryOptions({
    queryKey: keys.slaWhatIf(body),
    queryFn:
      body === null
        ? skipToken
        : async ({ signal }): Promise<SlaWhatIfPage> => ({
            told: await taken(api.POST("/api/v1/sla/what-if", { body, signal })),
            skip: body.skip,
          }),
    // Reading a history costs much, and of the same period and policy it says the same.
    staleTime: Infinity,
    // A page stays until the next one is there. What was said in another check says nothing in this one.
    placeholderData: (page, asked) => (asked?.queryKey[1]?.until === body?.until ? page : undefined),
  });

/** What the seller wants answered without a person. Read anew by every visit. */
export const automationQuery = queryOptions({
  queryKey: keys.automation,
  queryFn: ({ signal }): Promise<AutomationInForce> =>
    taken(api.GET("/api/v1/seller/automation", { signal })),
});

/** What goes out without a person, while somebody looks and anything does. */
export const automationStatusQuery = queryOptions({
  queryKey: keys.automationStatus,
  queryFn: ({ signal }): Promise<AutomationStatus> => taken(api.GET("/api/v1/automation/status", { signal })),
  refetchInterval: ({ state }) =>
    state.data !== undefined && isAutomatic(state.data.stage) && AUTOMATION_POLL_MS,
});

/** Rules that were held against history, newest first. */
export const backtestsQuery = queryOptions({
  queryKey: keys.backtests,
  queryFn: async ({ signal }): Promise<Backtest[]> =>
    (await taken(api.GET("/api/v1/automation/backtests", { signal }))).items,
});

/** Who changed the seller's own lists when, newest first. */
export const guardrailsHistoryQuery = queryOptions({
  queryKey: keys.guardrailsHistory,
  queryFn: async ({ signal }): Promise<GuardrailsVersion[]> =>
    (await taken(api.GET("/api/v1/seller/guardrails/history", { signal }))).items,
  staleTime: 0,
});

/** The rules about replies. Read anew by every visit: what is edited replaces one version. */
export const guardrailsQuery = queryOptions({
  queryKey: keys.guardrails,
  queryFn: ({ signal }): Promise<Guardrails> => taken(api.GET("/api/v1/seller/guardrails", { signal })),
  staleTime: 0,
});

/** The connected accounts. */
export const accountsQuery = queryOptions({
  queryKey: keys.accounts,
  queryFn: async ({ signal }): Promise<Account[]> =>
    (await taken(api.GET("/api/v1/accounts", { params: { query: position() }, signal }))).items,
  refetchInterval: ({ state }) =>
    state.data?.some((account) => account.status === "connected" && !account.sync.backfill_done)
      ? BACKFILL_POLL_MS
      : ACCOUNTS_POLL_MS,
});

/** The claims for return, the latest first. */
export function claimsQuery(filters: ClaimFilters) {
  return infiniteQueryOptions({
    queryKey: keys.claimList(filters),
    queryFn: ({ pageParam, signal }): Promise<ClaimPage> => {
      const after = pageParam === undefined ? {} : { after: pageParam };
      const query = { ...filters, limit: PAGE_ROWS, ...after };
      return taken(api.GET("/api/v1/claims", { params: { query }, signal }));
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    refetchInterval: ACCOUNTS_POLL_MS,
  });
}

/** One claim for return. */
export function claimQuery(id: string) {
  return queryOptions({
    queryKey: keys.claim(id),
    queryFn: ({ signal }): Promise<Claim> =>
      taken(api.GET("/api/v1/claims/{id}", { params: { path: { id } }, signal })),
    refetchInterval: ACCOUNTS_POLL_MS,
  });
}

/** How the log stands. */
export const logQuery = queryOptions({
  queryKey: keys.log,
  queryFn: ({ signal }): Promise<LogStanding> => taken(api.GET("/api/v1/log", { signal })),
  refetchInterval: LOG_POLL_MS,
});

/** Where the marketplace tells an account's news, and whether it did. */
export function notificationsQuery(id: string) {
  return queryOptions({
    queryKey: keys.notifications(id),
    queryFn: ({ signal }): Promise<Notifications> =>
      taken(
        api.GET("/api/v1/accounts/{account_id}/notifications", {
          params: { path: { account_id: id } },
          signal,
        }),
      ),
    refetchInterval: ACCOUNTS_POLL_MS,
  });
}

/** The items of an account that could not be read. */
export function unreadItemsQuery(id: string) {
  return queryOptions({
    queryKey: keys.unread(id),
    queryFn: ({ signal }): Promise<UnreadItemList> =>
      taken(
        api.GET("/api/v1/accounts/{account_id}/unread-items", {
          params: { path: { account_id: id } },
          signal,
        }),
      ),
  });
}

/** One page of the list. */
export function interactionPage(
  filters: InteractionFilters,
  order: InteractionOrder,
  after: string | undefined,
  signal?: AbortSignal,
): Promise<InteractionPage> {
  const query = {
    ...filters,
    order,
    limit: PAGE_ROWS,
    ...(after === undefined ? {} : { after }),
    ...positionFor(filters),
  };
  return taken(api.GET("/api/v1/interactions", { params: { query }, ...(signal ? { signal } : {}) }));
}

/** How many items match, by status and by rating. */
export function countsQuery(filters: InteractionFilters) {
  return queryOptions({
    queryKey: [...keys.counts, filters],
    queryFn: ({ signal }): Promise<InteractionCounts> =>
      taken(
        api.GET("/api/v1/interactions/counts", {
          params: { query: { ...filters, ...positionFor(filters) } },
          signal,
        }),
      ),
    placeholderData: (previous) => previous,
  });
}

/** One item; an answer older than what is known already is not taken. */
export function itemQuery(id: string) {
  return queryOptions({
    queryKey: keys.item(id),
    queryFn: async ({ signal, client }): Promise<Interaction> => {
      const { data, isStale } = await readItem(id, positionSeen(), signal);
      if (isStale) setTimeout(() => void client.invalidateQueries({ queryKey: keys.item(id) }), LAG_RETRY_MS);
      return newest(client, data);
    },
    staleTime: 15_000,
  });
}

/** Reads the item as it is at `cursor` or later and puts it in the cache. */
export async function refreshItem(client: QueryClient, id: string, cursor?: string): Promise<Interaction> {
  const { data } = await readItem(id, cursor ?? positionSeen());
  const item = newest(client, data);
  client.setQueryData<Interaction>(keys.item(id), item);
  return item;
}

/** Forgets what was read of an item's history, whose buyer is erased from every past too. The screen is read again. */
export async function forgetPast(client: QueryClient, id: string): Promise<void> {
  const histories = [keys.history(id), keys.journal(id), keys.steps(id), keys.why(id), keys.allPast];
  for (const queryKey of histories) client.removeQueries({ queryKey, type: "inactive" });
  await Promise.all(histories.map((queryKey) => client.invalidateQueries({ queryKey })));
}

function readItem(id: string, cursor: string | undefined, signal?: AbortSignal) {
  return takenWithLag(
    api.GET("/api/v1/interactions/{id}", {
      params: { path: { id }, query: cursor === undefined ? {} : { at_least: cursor } },
      ...(signal ? { signal } : {}),
    }),
  );
}

function newest(client: QueryClient, fetched: Interaction): Interaction {
  const known = client.getQueryData<Interaction>(keys.item(fetched.interaction_id));
  return known && known.version > fetched.version ? known : fetched;
}

/** Every version of the reply, oldest first. */
export function historyQuery(id: string) {
  return queryOptions({
    queryKey: keys.history(id),
    queryFn: async ({ signal }) =>
      (
        await taken(
          api.GET("/api/v1/interactions/{id}/history", {
            params: { path: { id }, query: position() },
            signal,
          }),
        )
      ).items,
  });
}

/** What is known of a reply's attempts, after so many events of its interaction. */
export function evidenceQuery(id: string, replyId: string, version: number) {
  return queryOptions({
    queryKey: keys.evidence(id, replyId, version),
    queryFn: ({ signal }): Promise<ReplyEvidence> =>
      taken(
        api.GET("/api/v1/interactions/{id}/replies/{reply_id}/evidence", {
          params: { path: { id, reply_id: replyId } },
          signal,
        }),
      ),
  });
}

/** The item's events, oldest first. */
export function journalQuery(id: string) {
  return queryOptions({
    queryKey: keys.journal(id),
    queryFn: async ({ signal }) =>
      (
        await taken(
          api.GET("/api/v1/interactions/{id}/events", {
            params: { path: { id }, query: position() },
            signal,
          }),
        )
      ).items,
  });
}

/** The item step by step, oldest first: each event with the state after it. */
export function stepsQuery(id: string) {
  return queryOptions({
    queryKey: keys.steps(id),
    queryFn: async ({ signal }): Promise<Step[]> =>
      (await taken(api.GET("/api/v1/interactions/{id}/steps", { params: { path: { id } }, signal }))).items,
  });
}

/** Why the item stands as it does. */
export function whyQuery(id: string) {
  return queryOptions({
    queryKey: keys.why(id),
    queryFn: ({ signal }): Promise<Why> =>
      taken(api.GET("/api/v1/interactions/{id}/why", { params: { path: { id } }, signal })),
  });
}

/** The item as it was at a moment: a cursor or a time. */
export function pastItemQuery(id: string, asOf: string) {
  return queryOptions({
    queryKey: keys.past(id, asOf),
    queryFn: ({ signal }): Promise<Interaction> =>
      taken(
        api.GET("/api/v1/interactions/{id}", { params: { path: { id }, query: { as_of: asOf } }, signal }),
      ),
    retry: false,
    staleTime: Infinity,
  });
}
