/** The queue: list and item side by side, or one at a time where there is no room for both. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { History, MousePointerClick } from "lucide-react";
import { useCallback, useEffect, useMemo, useState } from "react";
import { matchPath, useNavigate, useParams, useSearchParams } from "react-router";
import { Button } from "@/components/Button";
import { Empty } from "@/components/Empty";
import { Note } from "@/components/Note";
import { ProblemNote } from "@/components/ProblemNote";
import { Splitter, useSplit } from "@/components/Splitter";
import { accountsQuery, countsQuery, itemQuery, keys, meQuery } from "@/lib/api/queries";
import type { BulkChoice } from "@/lib/bulk-choice";
import { useNow } from "@/lib/clock";
import { clockTime, exactTime } from "@/lib/format/time";
import { useShortcut } from "@/lib/keyboard/shortcuts";
import { useMedia } from "@/lib/media";
import { listingOf, readListing, withParam, withoutRating } from "./filters";
import { readTab, ItemPane } from "./item/ItemPane";
import { FilterBar } from "./list/FilterBar";
import { InteractionList } from "./list/InteractionList";
import { EmptyList, ListSkeleton } from "./list/ListStates";
import { SelectionBar } from "./list/SelectionBar";
import { useInteractionList } from "./list/useInteractionList";
import { useSelection } from "./list/useSelection";
import { useAttempts } from "./replies";
import { UndoBar } from "./UndoBar";
import styles from "./InboxPage.module.css";

export function InboxPage() {
  const { id: openId } = useParams();
  const [params] = useSearchParams();
  const navigate = useNavigate();
  const client = useQueryClient();
  const now = useNow();
  const userId = useQuery(meQuery).data?.user.user_id ?? "";
  const accounts = useQuery(accountsQuery);
  const listingSearch = listingOf(params).toString();
  const listing = useMemo(() => readListing(new URLSearchParams(listingSearch)), [listingSearch]);
  const pastAt = listing.filters.as_of;
  const [cursor, setCursor] = useState<string>();
  const { list, rows, newCount, showNew } = useInteractionList(listing, () => {
    const box = document.getElementById("interaction-list");
    const isTouched = box !== null && (box.scrollTop > 0 || box.matches(":hover, :focus-within"));
    return openId === undefined && cursor === undefined && !isTouched;
  });
  const counts = useQuery(countsQuery(listing.filters));
  const byRating = useQuery(countsQuery(withoutRating(listing.filters)));
  const split = useSplit({ name: "queue", initial: 34, min: 20, max: 50 });
  const isNarrow = useMedia("(width < 860px)");
  const [focusRequest, setFocusRequest] = useState(0);
  const attempts = useAttempts();
  const [seenFailures, setSeenFailures] = useState<readonly number[]>([]);

  const selection = useSelection(rows, listingSearch);
  const isSelecting = pastAt === undefined && selection.ids.size > 0;
  const activeId = openId ?? cursor;
  const activeIndex = rows.findIndex((row) => row.interaction_id === activeId);

  const open = useCallback(
    (id: string, replace: boolean) => {
      setCursor(id);
      setFocusRequest(0);
      // From a list of the past one comes to the item of the past.
      const search = withParam(new URLSearchParams(listingSearch), "as_of", pastAt).toString();
      void navigate({ pathname: `/queue/${id}`, search }, { replace });
    },
    [navigate, listingSearch, pastAt],
  );
  const close = () => {
    void navigate({ pathname: "/queue", search: listingSearch });
    document.getElementById("interaction-list")?.focus();
  };
  const change = (next: URLSearchParams) => {
    void navigate({ pathname: openId ? `/queue/${openId}` : "/queue", search: next.toString() });
  };
  const step = (by: 1 | -1) => {
    const from = rows.findIndex((row) => row.interaction_id === (addressedId() ?? cursor));
    const row = rows[from < 0 ? 0 : from + by];
    if (!row) return;
    if (openId !== undefined || !isNarrow) open(row.interaction_id, openId !== undefined);
    else setCursor(row.interaction_id);
  };
  const openNextWaiting = () => {
    const isWaiting = (index: number) => {
      const row = rows[index];
      return row?.needs_response === true && attempts.get(row.interaction_id)?.status !== "pending";
    };
    const following = rows.findIndex((_, index) => index > activeIndex && isWaiting(index));
    const next = rows[following];
    if (!next) return;
    open(next.interaction_id, true);
    setFocusRequest((count) => count + 1);
  };

  const answerSelected = () => {
    const choice: BulkChoice = selection.isWhole
      ? { filters: listing.filters }
      : { items: selection.chosen(rows) };
    void navigate("/bulk/new", { state: choice });
  };

  useShortcut("next", () => step(1));
  useShortcut("previous", () => step(-1));
  useShortcut("open", () => {
    if (openId !== undefined) setFocusRequest((count) => count + 1);
    else if (activeId !== undefined) open(activeId, false);
    else return false;
    return true;
  });
  useShortcut("back", () => {
    const focused = document.activeElement;
    if (focused instanceof HTMLElement && focused.matches("input, textarea")) {
      focused.blur();
      document.getElementById("interaction-list")?.focus();
    } else if (openId !== undefined) close();
    else if (isSelecting) selection.clear();
    else return false;
    return true;
  });

  const selectActive = (upToHere: boolean) => {
    const id = addressedId() ?? cursor ?? rows[0]?.interaction_id;
    if (pastAt !== undefined || id === undefined) return false;
    if (activeId === undefined) setCursor(id);
    if (upToHere) selection.extendTo(id);
    else selection.toggle(id);
    return true;
  };
  useShortcut("select", () => selectActive(false));
  useShortcut("select-range", () => selectActive(true));

  // The next item is fetched while this one is read, so that it opens at once.
  const neighbour = rows[activeIndex + 1]?.interaction_id;
  useEffect(() => {
    if (openId !== undefined && neighbour !== undefined)
      client.query(itemQuery(neighbour)).catch(() => undefined);
  }, [client, openId, neighbour]);

  const failed = [...attempts.values()].filter(
    (attempt) => attempt.status === "error" && !seenFailures.includes(attempt.attemptId),
  );
  // A failure of the item on screen is seen where it happened.
  const openAttempt = openId === undefined ? undefined : attempts.get(openId);
  if (openAttempt?.status === "error" && !seenFailures.includes(openAttempt.attemptId)) {
    setSeenFailures([...seenFailures, openAttempt.attemptId]);
  }
  const showsList = !isNarrow || openId === undefined;
  const showsItem = !isNarrow || openId !== undefined;
  return (
    <div className={styles.inbox}>
      {showsList && (
        <section
          className={styles.list}
          id="queue-pane"
          aria-label="Очередь"
          style={isNarrow ? undefined : { width: `${split.percent}%` }}
        >
          {isSelecting ? (
            <SelectionBar
              count={selection.ids.size}
              isWhole={selection.isWhole}
              loaded={rows.length}
              total={counts.data?.total}
              onLoaded={selection.addLoaded}
              onWhole={selection.addWhole}
              onAnswer={answerSelected}
              onClose={selection.clear}
            />
          ) : (
            <FilterBar
              params={params}
              onChange={change}
              accounts={accounts.data ?? []}
              total={counts.data?.total}
              byRating={byRating.data?.by_rating}
              newCount={newCount}
              isRefreshing={list.isRefetching}
              onRefresh={() => {
                void showNew().then(() => document.getElementById("interaction-list")?.scrollTo({ top: 0 }));
                void client.invalidateQueries({ queryKey: keys.counts });
              }}
            />
          )}
          {pastAt !== undefined && (
            <div className={styles.trouble}>
              <Note
                tone="warn"
                role="status"
                title={`Как было ${exactTime(pastAt)}`}
                actions={
                  <Button size="small" onPress={() => change(withParam(params, "at", undefined))}>
                    Показать сейчас
                  </Button>
                }
              />
            </div>
          )}
          <UndoBar userId={userId} />
          {failed.map((attempt) => (
            <div key={attempt.attemptId} className={styles.trouble}>
              <Note
                tone="bad"
                role="alert"
                title={`Ответ не отправлен: ${attempt.sent.buyer}`}
                actions={
                  <Button size="small" onPress={() => open(attempt.sent.id, false)}>
                    Открыть
                  </Button>
                }
              >
                <p>{attempt.problem?.detail}</p>
              </Note>
            </div>
          ))}
          {list.error && (
            <div className={styles.trouble}>
              <ProblemNote error={list.error} onRetry={() => void list.refetch()} />
              {list.data && <p className={styles.asOf}>данные на {clockTime(list.dataUpdatedAt, now)}</p>}
            </div>
          )}
          {list.isPending && <ListSkeleton />}
          {list.data && rows.length === 0 && pastAt !== undefined && (
            <Empty icon={<History size={28} />} title="Тогда здесь было пусто" />
          )}
          {list.data && rows.length === 0 && pastAt === undefined && accounts.data && (
            <EmptyList params={params} onChange={change} accounts={accounts.data} />
          )}
          {rows.length > 0 && (
            <InteractionList
              user={userId}
              asOf={pastAt}
              rows={rows}
              total={counts.data?.total}
              activeId={activeId}
              openId={openId}
              onOpen={(id) => open(id, false)}
              selected={pastAt === undefined ? selection.ids : undefined}
              onSelect={(id, upToHere) => (upToHere ? selection.extendTo(id) : selection.toggle(id))}
              hasMore={list.hasNextPage}
              isLoadingMore={list.isFetchingNextPage}
              onNeedMore={() => void list.fetchNextPage()}
            />
          )}
        </section>
      )}
      {showsList && showsItem && <Splitter label="Ширина списка" controls="queue-pane" split={split} />}
      {showsItem && (
        <section className={styles.item} aria-label="Обращение">
          {!showsList && <UndoBar userId={userId} />}
          {openId === undefined ? (
            <Empty icon={<MousePointerClick size={28} />} title="Выберите обращение">
              <p>
                <kbd>J</kbd> и <kbd>K</kbd> — по списку, <kbd>Enter</kbd> — к ответу, <kbd>?</kbd> — все
                клавиши
              </p>
            </Empty>
          ) : (
            <ItemPane
              id={openId}
              userId={userId}
              row={rows.find((row) => row.interaction_id === openId)}
              tab={readTab(params)}
              onTab={(tab) =>
                void navigate(
                  {
                    pathname: `/queue/${openId}`,
                    search: withParam(params, "tab", tab === "conversation" ? undefined : tab).toString(),
                  },
                  { replace: true },
                )
              }
              asOf={params.get("as_of") ?? undefined}
              onAsOf={(asOf) =>
                void navigate(
                  { pathname: `/queue/${openId}`, search: withParam(params, "as_of", asOf).toString() },
                  { replace: asOf !== undefined && params.has("as_of") },
                )
              }
              onBack={close}
              onSentAndNext={openNextWaiting}
              focusRequest={focusRequest}
              isAlone={isNarrow}
            />
          )}
        </section>
      )}
    </div>
  );
}

/** The item that the address names. The page follows it in a transition, and keys can be faster than that. */
function addressedId(): string | undefined {
  return matchPath("/queue/:id", window.location.pathname)?.params.id;
}
