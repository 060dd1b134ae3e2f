/** The list's rows: pages as far as one has scrolled, and news from the stream that never moves a row. */
import { useInfiniteQuery, useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useEffectEvent, useMemo, useRef } from "react";
import { forgetPast, interactionPage, itemQuery, keys, refreshItem } from "@/lib/api/queries";
import type { CloudEvent, InteractionPage } from "@/lib/api/types";
import { onEvents, onGap } from "@/lib/live/live";
import type { Listing } from "@/features/interactions/filters";
import { arrivals, placeRow, rowsOf, withNewer, withTail, type Pages } from "./rows";

/** A storm of events, such as a first load, asks for the top of the list no more often than this. */
const PROBE_EVERY_MS = 1_500;
/** Items read again at a time: browsers allow six connections to one host, and people's clicks come first. */
const READS_AT_ONCE = 3;

const EVENT_PREFIX = "agentiq.interaction.";
const ERASED = `${EVENT_PREFIX}BuyerErased`;

/** Rows of a listing. `isIdle` tells that nobody is at a row, so that new rows may come in by themselves. */
export function useInteractionList({ filters, order }: Listing, isIdle: () => boolean) {
  const client = useQueryClient();
  const key = useMemo(() => keys.list(filters, order), [filters, order]);
  const headKey = useMemo(() => keys.head(filters, order), [filters, order]);
  const list = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam, signal }) => interactionPage(filters, order, pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    staleTime: 0,
    refetchOnReconnect: false,
  });
  const head = useQuery<InteractionPage>({
    queryKey: headKey,
    queryFn: () => interactionPage(filters, order, undefined),
    enabled: false,
  });

  const rows = useMemo(() => rowsOf(list.data), [list.data]);
  const newCount = arrivals(rows, head.data, order);

  const showNew = useCallback(async () => {
    const page = await interactionPage(filters, order, undefined);
    client.setQueryData<Pages>(key, { pages: [page], pageParams: [undefined] });
    client.removeQueries({ queryKey: headKey });
  }, [client, filters, order, key, headKey]);

  useLiveNews(client, { filters, order }, key, headKey, showNew, isIdle);
  return { list, rows, newCount, showNew };
}

function useLiveNews(
  client: QueryClient,
  { filters, order }: Listing,
  key: readonly unknown[],
  headKey: readonly unknown[],
  showNew: () => Promise<void>,
  isIdle: () => boolean,
): void {
  const isIdleNow = useEffectEvent(isIdle);
  const probing = useRef<ReturnType<typeof setTimeout>>(undefined);
  const probedAt = useRef(0);

  const isPast = filters.as_of !== undefined;
  useEffect(() => {
    const probe = async () => {
      probing.current = undefined;
      probedAt.current = Date.now();
      // A first answer that is still on its way knows nothing of the news, and asking again would only wait for it.
      await client.cancelQueries({ queryKey: keys.counts });
      void client.invalidateQueries({ queryKey: keys.counts });
      const pages = client.getQueryData<Pages>(key);
      if (!pages) {
        await client.cancelQueries({ queryKey: key });
        return client.invalidateQueries({ queryKey: key });
      }
      if (rowsOf(pages).length === 0 || isIdleNow()) return showNew();
      const page = await interactionPage(filters, order, undefined);
      client.setQueryData(headKey, page);
      client.setQueryData<Pages>(key, (known) => known && withNewer(known, page.items));
      if (pages.pages.at(-1)?.next != null) return;
      const after = pages.pageParams.at(-1) as string | undefined;
      const tail = after === undefined ? page : await interactionPage(filters, order, after);
      client.setQueryData<Pages>(key, (known) => known && withTail(known, tail, order));
    };
    const probeSoon = () => {
      const wait = Math.max(0, probedAt.current + PROBE_EVERY_MS - Date.now());
      probing.current ??= setTimeout(() => void probe().catch(ignored), wait);
    };
    const onBatch = (events: CloudEvent[]) => {
      const touched = new Set(
        events.filter((event) => event.type.startsWith(EVENT_PREFIX)).map((event) => event.subject),
      );
      if (touched.size === 0) return;
      for (const { subject } of events.filter(({ type }) => type === ERASED)) {
        void forgetPast(client, subject).catch(ignored);
      }
      void refreshTouched(client, key, touched).catch(ignored);
      if (!isPast) probeSoon();
    };
    const stopEvents = onEvents(onBatch);
    const stopGap = onGap(() => {
      if (!isPast) probeSoon();
      void client.invalidateQueries({ queryKey: keys.interactions, predicate: isOneItem });
    });
    return () => {
      stopEvents();
      stopGap();
      clearTimeout(probing.current);
      probing.current = undefined;
    };
  }, [client, filters, order, key, headKey, showNew, isPast]);
}

/** Reads again what is shown of the items that events have touched. */
async function refreshTouched(client: QueryClient, key: readonly unknown[], touched: ReadonlySet<string>) {
  const shown = rowsOf(client.getQueryData<Pages>(key)).map((row) => row.interaction_id);
  const cached = [...touched].filter((id) => client.getQueryData(itemQuery(id).queryKey) !== undefined);
  const ids = [...new Set([...shown.filter((id) => touched.has(id)), ...cached])];
  for (const id of touched) {
    void client.invalidateQueries({ queryKey: keys.history(id) });
    void client.invalidateQueries({ queryKey: keys.journal(id) });
    void client.invalidateQueries({ queryKey: keys.steps(id) });
    void client.invalidateQueries({ queryKey: keys.why(id) });
  }
  for (let start = 0; start < ids.length; start += READS_AT_ONCE) {
    const items = await Promise.all(
      ids.slice(start, start + READS_AT_ONCE).map((id) => refreshItem(client, id)),
    );
    for (const item of items) placeRow(client, item);
  }
}

function isOneItem({ queryKey }: { queryKey: readonly unknown[] }): boolean {
  return ["item", "history", "journal", "steps"].includes(String(queryKey[1]));
}

/** News that could not be read: the query itself shows its error, and the next event or poll tries again. */
function ignored(): void {
  return undefined;
}
