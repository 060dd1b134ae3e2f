/** The interactions behind a number of answers. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { ChartNoAxesColumn } from "lucide-react";
import { Link, useSearchParams } from "react-router";
import { Button } from "@/components/Button";
import { Delayed } from "@/components/Delayed";
import { Empty } from "@/components/Empty";
import { Moment } from "@/components/Moment";
import { ProblemNote } from "@/components/ProblemNote";
import { Spinner } from "@/components/Spinner";
import { measuredQuery } from "@/lib/api/quality-queries";
import type { Measured } from "@/lib/api/types";
import { CHANNEL, INTENT } from "@/lib/words";
import { answeredLine, causeName, measuredFilters, METRIC } from "./metric-words";
import { daysOf } from "./period";
import styles from "./Quality.module.css";

export function MeasuredPage() {
  const [params] = useSearchParams();
  const [days, filters] = [daysOf(params), measuredFilters(params)];
  const list = useInfiniteQuery(measuredQuery(days, filters));
  const interactions = list.data?.pages.flatMap((page) => page.items) ?? [];
  const name = METRIC[filters.metric];
  return (
    <div className={styles.page}>
      <p>
        <Link to={`/answers?days=${days}${filters.by === undefined ? "" : `&by=${filters.by}`}`}>
          Качество ответов
        </Link>
      </p>
      <h1>
        {filters.cause === undefined ? name : `${name}: ${causeName(filters.cause)}`}, за {days} дней
      </h1>
      {list.error && <ProblemNote error={list.error} onRetry={() => void list.refetch()} />}
      {list.isPending && (
        <Delayed>
          <Empty icon={<Spinner size={24} />} title="Загрузка..." />
        </Delayed>
      )}
      {list.isSuccess && interactions.length === 0 && (
        <Empty icon={<ChartNoAxesColumn size={24} />} title="Таких обращений нет" />
      )}
      {interactions.length > 0 && (
        <ul className={styles.list} aria-label="Обращения">
          {interactions.map((interaction) => (
            <li key={interaction.interaction_id}>
              <Row interaction={interaction} />
            </li>
          ))}
        </ul>
      )}
      {list.hasNextPage && (
        <div>
          <Button isPending={list.isFetchingNextPage} onPress={() => void list.fetchNextPage()}>
            Показать ещё
          </Button>
        </div>
      )}
    </div>
  );
}

function Row({ interaction }: { interaction: Measured }) {
  const { channel, intent, rating, product_name: product, product_article: article } = interaction;
  return (
    <>
      <span className={styles.meta}>
        <Moment at={interaction.at} />
        <span>{CHANNEL[channel]}</span>
        {intent !== null && <span>{INTENT[intent]}</span>}
        {rating !== null && <span>{rating} из 5</span>}
        {(product || article) !== "" && <span>{product || article}</span>}
      </span>
      <Link to={`/queue/${interaction.interaction_id}`}>
        {interaction.preview === "" ? (interaction.buyer_name ?? "Без текста") : interaction.preview}
      </Link>
      <span className={styles.about}>{answeredLine(interaction)}</span>
    </>
  );
}
