/** How marketplaces answer: what is not as before, held against what is usual. */
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { Link, useLocation } from "react-router";
import { Moment } from "@/components/Moment";
import { ProblemNote } from "@/components/ProblemNote";
import { marketplacesQuery } from "@/lib/api/queries";
import type { MarketplaceList } from "@/lib/api/types";
import { counted } from "@/lib/format/count";
import { MARKETPLACE } from "@/lib/words";
import { CALLED, REFUSED, callsWords, moderationWords } from "./marketplace-words";
import styles from "./SendingPage.module.css";

type Behaviour = MarketplaceList["items"][number];

export function MarketplacesCard() {
  const { data, error, refetch } = useQuery(marketplacesQuery);
  const card = useRef<HTMLElement>(null);
  const { hash, key } = useLocation();
  const isThere = data !== undefined;
  // The bar of alerts leads here, to what is further down than the page is high.
  useEffect(() => {
    if (isThere && hash === "#marketplaces") card.current?.scrollIntoView();
  }, [hash, key, isThere]);
  return (
    <section className={styles.card} id="marketplaces" aria-labelledby="marketplaces-title" ref={card}>
      <h2 id="marketplaces-title">Как отвечают площадки</h2>
      <p className={styles.quiet}>
        Последние {data?.recent_days ?? 3} дня против {data?.usual_days ?? 28} дней до них. Новый отказ,
        необычно много отклонений модерацией и долгие ответы бывают признаком того, что площадка изменила свой
        интерфейс. Новое отмечается, когда площадка известна не меньше недели; доли модерации отстают до 15
        минут.
      </p>
      {error && <ProblemNote error={error} onRetry={() => void refetch()} />}
      {data?.items.length === 0 && <p>Площадки ещё не отвечали.</p>}
      {data?.items.map((behaviour) => (
        <MarketplaceTold key={behaviour.marketplace} behaviour={behaviour} list={data} />
      ))}
    </section>
  );
}

function MarketplaceTold({ behaviour, list }: { behaviour: Behaviour; list: MarketplaceList }) {
  const { calls, marketplace, moderation, new_refusals: refusals } = behaviour;
  const refused = new URLSearchParams({
    from: list.recent_from,
    to: list.recent_to,
    metric: "refused",
    by: "marketplace",
    key: marketplace,
  });
  return (
    <div>
      <h3>{MARKETPLACE[marketplace].name}</h3>
      <ul className={styles.causes}>
        {refusals.map((refusal) => (
          <li key={`${refusal.doing} ${refusal.failure} ${refusal.status} ${refusal.code}`}>
            <b className={styles.changed}>Новый отказ</b>, {CALLED[refusal.doing]}:{" "}
            {REFUSED[refusal.failure] ?? refusal.failure}
            {refusal.status !== null && `, HTTP ${refusal.status}`}
            {refusal.code !== null && `, код «${refusal.code}»`} —{" "}
            {counted(refusal.times, ["раз", "раза", "раз"])}, с <Moment at={refusal.first_at} isExact />
            {refusal.request_id !== null && (
              <>
                . Запрос для поддержки площадки: <code>{refusal.request_id}</code>
              </>
            )}
          </li>
        ))}
        <li>
          {moderation.has_changed && <b className={styles.changed}>Больше обычного. </b>}
          {moderationWords(moderation)}{" "}
          {moderation.recent.refused > 0 && (
            <Link to={`/answers/items?${refused.toString()}`}>Отклонённые</Link>
          )}
        </li>
        <li>
          {calls.has_changed && <b className={styles.changed}>Дольше обычного. </b>}
          {callsWords(calls)}
        </li>
      </ul>
    </div>
  );
}
