/** How far a bulk has come, item by item; its address survives a reload. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { OctagonX } from "lucide-react";
import { useEffect } from "react";
import { Link, useNavigate, useParams, useSearchParams } from "react-router";
import { Button } from "@/components/Button";
import { Moment } from "@/components/Moment";
import { Note } from "@/components/Note";
import { ProblemNote } from "@/components/ProblemNote";
import { Skeleton } from "@/components/Skeleton";
import { announce } from "@/lib/announce";
import type { Bulk } from "@/lib/api/types";
import type { BulkChoice, ChosenItem } from "@/lib/bulk-choice";
import { grouped } from "@/lib/format/count";
import { MARKETPLACE } from "@/lib/words";
import { BULK_STATE, GROUPS, ITEM_STATE, progressOf, UNSENT } from "./bulk-words";
import { bulkQuery, countOf, textOf, useStopBulk } from "./bulks";
import styles from "./Bulk.module.css";

export function BulkPage() {
  const id = useParams().id ?? "";
  const [params] = useSearchParams();
  const bulk = useQuery(bulkQuery(id));
  const stop = useStopBulk(id);
  const again = useSendAgain();
  const data = bulk.data;
  const isOver = data?.state === "done" || data?.state === "stopped";
  const told = data ? progressOf(data) : "";
  useEffect(() => {
    if (isOver) announce(told);
  }, [isOver, told]);

  const group = GROUPS.find((each) => each.states[0] === params.get("show"));
  const items = (data?.items ?? []).filter(
    (item) => group === undefined || group.states.includes(item.state),
  );
  return (
    <div className={styles.page}>
      <header className={styles.head}>
        <h1>Ответы многим</h1>
        <Link to="/bulk">Все такие отправки</Link>
      </header>
      {bulk.error && <ProblemNote error={bulk.error} onRetry={() => void bulk.refetch()} />}
      {stop.error && <ProblemNote error={stop.error} />}
      {again.error && <ProblemNote error={again.error} />}
      {bulk.isPending && <Skeleton width="60%" />}
      {data && (
        <>
          <Note
            tone={isOver ? (countOf(data, "failed") > 0 ? "warn" : "good") : "info"}
            title={told}
            actions={
              data.state === "running" ? (
                <Button
                  weight="danger"
                  size="small"
                  icon={<OctagonX size={14} />}
                  isPending={stop.isPending}
                  onPress={() => stop.mutate()}
                >
                  Остановить
                </Button>
              ) : (
                isOver &&
                unsentOf(data).length > 0 && (
                  <Button size="small" isPending={again.isPending} onPress={() => again.mutate(data)}>
                    Повторить для неотправленных: {grouped(unsentOf(data).length)}
                  </Button>
                )
              )
            }
          >
            <progress
              className={styles.progress}
              aria-label="Отправлено"
              value={data.counts.sent}
              max={data.counts.total}
            />
            <p className={styles.quiet}>
              {BULK_STATE[data.state]} · {data.drafts ? "черновики" : "один текст"} · начата{" "}
              <Moment at={data.requested_at} />
            </p>
          </Note>
          <Summary bulk={data} shown={group?.states[0]} />
          <div className={styles.scroll}>
            <table className={styles.table}>
              <caption className="visually-hidden">Что стало с каждым обращением</caption>
              <thead>
                <tr>
                  <th scope="col">Обращение</th>
                  <th scope="col">Состояние</th>
                  <th scope="col">Почему</th>
                </tr>
              </thead>
              <tbody>
                {items.map(({ interaction_id, interaction, state, reason }) => (
                  <tr key={interaction_id}>
                    <td>
                      <Link to={`/queue/${interaction_id}`}>
                        {interaction
                          ? `${MARKETPLACE[interaction.marketplace].short} · ${interaction.buyer_name || "Покупатель"}`
                          : "Обращение"}
                      </Link>
                      <p className={styles.quiet}>{interaction?.preview || "Без текста"}</p>
                    </td>
                    <td>{ITEM_STATE[state]}</td>
                    <td>{reason?.message}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </>
      )}
    </div>
  );
}

/** What nothing of a bulk reached, as it is listed now. */
function unsentOf({ items }: Bulk): ChosenItem[] {
  const unsent = items.filter(({ state }) => UNSENT.includes(state));
  return unsent.flatMap(({ interaction }) =>
    interaction ? [{ id: interaction.interaction_id, version: interaction.version }] : [],
  );
}

/** Takes what was not sent before another pre-flight: it becomes a bulk of its own. */
function useSendAgain() {
  const client = useQueryClient();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: async (bulk: Bulk): Promise<BulkChoice> => ({
      items: unsentOf(bulk),
      ...(bulk.drafts ? {} : { text: await textOf(client, bulk) }),
    }),
    onSuccess: (choice) => navigate("/bulk/new", { state: choice }),
  });
}

/** "отправлено 10, заблокировано 1 (показать)" */
function Summary({ bulk, shown }: { bulk: Bulk; shown: string | undefined }) {
  const groups = GROUPS.map((group) => ({
    ...group,
    count: group.states.reduce((sum, state) => sum + countOf(bulk, state), 0),
  })).filter((group) => group.count > 0);
  return (
    <ul className={styles.summary} aria-label="Итог">
      {groups.map(({ states, name, tone, count }) => {
        const isShown = states[0] === shown;
        return (
          <li key={name} className={tone === "" ? undefined : styles[tone]}>
            {name} {grouped(count)}{" "}
            <Link
              to={isShown ? "?" : `?show=${states[0]}`}
              replace
              aria-label={isShown ? "Показать все" : `Показать: ${name}`}
            >
              ({isShown ? "показать все" : "показать"})
            </Link>
          </li>
        );
      })}
    </ul>
  );
}
