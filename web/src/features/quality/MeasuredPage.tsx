/** The interactions behind a number of answers. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { ChartNoAxesColumn } from "lucide-react";
import { Link, useSearchParams } from "react-router";
import { Button } from "@/components/Button";
import { Delayed } from "@/components/Delayed";
import { Empty } from "@/components/Empty";
import { Moment } from "@/components/Moment";
import { ProblemNote } from "@/components/ProblemNote";
import { Spinner } from "@/components/Spinner";
import { measuredQuery, replyQualityQuery } from "@/lib/api/quality-queries";
import type { Days, Measured, MeasuredFilters } from "@/lib/api/types";
import { CHANNEL, INTENT } from "@/lib/words";
import { useAccountName } from "./account-name";
import { answeredLine, causeName, groupName, measuredFilters, METRIC } from "./metric-words";
import { forDays, periodOf } from "./period";
import styles from "./Quality.module.css";

export function MeasuredPage() {
  const [params] = useSearchParams();
  const [days, filters] = [periodOf(params), measuredFilters(params)];
  const list = useInfiniteQuery(measuredQuery(days, filters));
  const interactions = list.data?.pages.flatMap((page) => page.items) ?? [];
  const group = useGroup(days, filters);
  return (
    <div className={styles.page}>
      <p>
        {typeof days === "number" ? (
          <Link to={`/answers?days=${days}${filters.by === undefined ? "" : `&by=${filters.by}`}`}>
            Качество ответов
          </Link>
        ) : (
          <Link to={`/quality/report?from=${days.from}`}>Отчёт за неделю</Link>
        )}
      </p>
      <h1>{heading(filters, group, days)}</h1>
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

/** The name of the group that the list is of; none where it is of all. */
function useGroup(days: Days, { by, key }: MeasuredFilters): string | undefined {
  const accountName = useAccountName();
  // An address has an operator's id, and only the figures have who that is.
  const figures = useQuery({ ...replyQualityQuery(days, "operator"), enabled: by === "operator" });
  if (by === undefined) return undefined;
  const who = figures.data?.groups.find((group) => group.key === key)?.who ?? null;
  return groupName(by, { key: key ?? null, who }, accountName);
}

/** "Отправка не удалась: нет прав, 5 из 5, за 30 дней". */
function heading({ metric, cause }: MeasuredFilters, group: string | undefined, days: Days): string {
  const name = cause === undefined ? METRIC[metric] : `${METRIC[metric]}: ${causeName(cause)}`;
  return [name, group, forDays(days)].filter((part) => part !== undefined).join(", ");
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
