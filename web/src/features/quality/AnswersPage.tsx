/** How well interactions were answered: figures of a period, each with the list behind it. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useSearchParams } from "react-router";
import { Button } from "@/components/Button";
import { ProblemNote } from "@/components/ProblemNote";
import { Skeleton } from "@/components/Skeleton";
import { replyQualityFile, replyQualityQuery } from "@/lib/api/quality-queries";
import type { MeasuredFilters, MetricBy, ReplyFigures, ReplyGroup, ReplyQuality } from "@/lib/api/types";
import { grouped } from "@/lib/format/count";
import { lasting } from "@/lib/format/time";
import { percent } from "@/lib/lineage";
import { saveFile } from "@/lib/save";
import {
  answerFigures,
  BY,
  byOf,
  causeName,
  groupName,
  howLong,
  howMuch,
  measuredAddress,
  METRIC,
  troubleFigures,
  type MetricFigure,
} from "./metric-words";
import { DAYS, daysOf } from "./period";
import { useAccountName } from "./account-name";
import styles from "./Quality.module.css";

export function AnswersPage() {
  const [params] = useSearchParams();
  const [days, by] = [daysOf(params), byOf(params)];
  const quality = useQuery(replyQualityQuery(days, by));
  return (
    <div className={styles.page}>
      <h1>Качество ответов</h1>
      <p className={styles.about}>
        Как быстро и чем ответили на первые слова покупателя: считается первый ответ, который стоит на
        площадке. За каждым числом — список обращений. Что стало с черновиками, показывает{" "}
        <Link to={`/quality?days=${days}`}>качество черновиков</Link>.
      </p>
      <nav className={styles.bar} aria-label="Период">
        {DAYS.map((choice) => (
          <Link
            key={choice}
            to={`/answers?days=${choice}&by=${by}`}
            aria-current={choice === days ? "page" : undefined}
          >
            {choice} дней
          </Link>
        ))}
      </nav>
      {quality.error && <ProblemNote error={quality.error} onRetry={() => void quality.refetch()} />}
      {quality.isPending && <Skeleton width="60%" />}
      {quality.data && <Total quality={quality.data} days={days} />}
      <nav className={styles.bar} aria-label="Разбивка">
        {(Object.keys(BY) as MetricBy[]).map((choice) => (
          <Link
            key={choice}
            to={`/answers?days=${days}&by=${choice}`}
            aria-current={choice === by ? "page" : undefined}
          >
            {BY[choice]}
          </Link>
        ))}
      </nav>
      {quality.data && <Groups groups={quality.data.groups} by={by} days={days} />}
      <Files days={days} by={by} />
    </div>
  );
}

function Total({ quality: { total, zone }, days }: { quality: ReplyQuality; days: number }) {
  const first = howLong(total.first_answer_seconds);
  const handling = howLong(total.handling_seconds);
  const changed = howMuch(total.changed_percent);
  return (
    <section className={styles.card} aria-labelledby="total">
      <h2 id="total">Всего за {days} дней</h2>
      {first !== null && (
        <p>
          Первого ответа ждали: {first} (
          <Count
            name={METRIC.timed}
            figure={{ metric: "timed", count: total.first_answer_seconds.of }}
            days={days}
          />
          ).
          {handling !== null && ` С тех пор, как слова прочитаны здесь: ${handling}.`}
        </p>
      )}
      <Figures figures={answerFigures(total)} days={days} />
      {changed !== null && (
        <p>
          В черновиках меняли: {changed} знаков (
          <Count
            name={METRIC.measured}
            figure={{ metric: "measured", count: total.changed_percent.of }}
            days={days}
          />
          ).
        </p>
      )}
      <h3 className={styles.part}>Что пошло не так</h3>
      <Figures figures={troubleFigures(total)} days={days} />
      <Causes figures={total} days={days} />
      <p className={styles.about}>Дни — по времени {zone}.</p>
    </section>
  );
}

function Figures({ figures, days }: { figures: MetricFigure[]; days: number }) {
  return (
    <dl className={styles.figures}>
      {figures.map((figure) => (
        <div key={figure.metric} className={figure.isBad && figure.count > 0 ? styles.bad : undefined}>
          <dt>{METRIC[figure.metric]}</dt>
          <dd>
            <Count name={METRIC[figure.metric]} figure={figure} days={days} />
            {typeof figure.share === "number" && <small> {percent(figure.share)}</small>}
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Causes({ figures, days }: { figures: ReplyFigures; days: number }) {
  if (figures.failures.length === 0) return null;
  return (
    <ul className={styles.causes} aria-label="Почему отправка не удалась">
      {figures.failures.map(({ cause, count }) => (
        <li key={cause}>
          {causeName(cause)}:{" "}
          <Count
            name={causeName(cause)}
            figure={{ metric: "failed", count }}
            days={days}
            filters={{ cause }}
          />
        </li>
      ))}
    </ul>
  );
}

/** The same numbers as files. */
function Files({ days, by }: { days: number; by: MetricBy }) {
  const client = useQueryClient();
  const file = useMutation({
    mutationFn: async (format: "csv" | "xlsx") => {
      saveFile(await replyQualityFile(client, days, by, format), `agentiq-answers.${format}`);
    },
  });
  return (
    <>
      <div className={styles.bar}>
        {(["xlsx", "csv"] as const).map((format) => (
          <Button
            key={format}
            isPending={file.isPending && file.variables === format}
            onPress={() => file.mutate(format)}
          >
            Скачать {format.toUpperCase()}
          </Button>
        ))}
        <span className={styles.about}>
          Всего и {BY[by].toLowerCase()}, за {days} дней.
        </span>
      </div>
      {file.error && <ProblemNote error={file.error} />}
    </>
  );
}

interface CountProps {
  name: string;
  figure: MetricFigure;
  days: number;
  filters?: Omit<MeasuredFilters, "metric">;
}

/** A number and the way to its list. */
function Count({ name, figure: { metric, count }, days, filters = {} }: CountProps) {
  if (count === 0) return <>0</>;
  return (
    <Link to={measuredAddress(days, { metric, ...filters })} aria-label={`${name}: ${count}`}>
      {grouped(count)}
    </Link>
  );
}

function Groups({ groups, by, days }: { groups: readonly ReplyGroup[]; by: MetricBy; days: number }) {
  const accountName = useAccountName();
  if (groups.length === 0) return <p>За эти дни ещё ничего не посчитано.</p>;
  return (
    <section className={styles.card} aria-label={BY[by]}>
      <table className={styles.table}>
        <caption>
          <h2>{BY[by]}</h2>
        </caption>
        <thead>
          <tr>
            <td />
            <th scope="col">Отвечено</th>
            <th scope="col">У половины</th>
            <th scope="col">У девяти из десяти</th>
            <th scope="col">В срок</th>
            <th scope="col">Не в срок</th>
            <th scope="col">Без правок</th>
            <th scope="col">Автоматически</th>
            <th scope="col">Отклонено</th>
            <th scope="col">Не удалось</th>
          </tr>
        </thead>
        <tbody>
          {groups.map((group) => (
            <Row
              key={group.key ?? ""}
              group={group}
              name={groupName(by, group, accountName)}
              filters={{ by, ...(group.key === null ? {} : { key: group.key }) }}
              days={days}
            />
          ))}
        </tbody>
      </table>
    </section>
  );
}

interface RowProps {
  group: ReplyGroup;
  name: string;
  filters: Omit<MeasuredFilters, "metric">;
  days: number;
}

function Row({ group: { figures }, name, filters, days }: RowProps) {
  const { p50, p90 } = figures.first_answer_seconds;
  const cell = (metric: MetricFigure["metric"], count: number) => (
    <td>
      <Count
        name={`${name}, ${METRIC[metric].toLowerCase()}`}
        figure={{ metric, count }}
        days={days}
        filters={filters}
      />
    </td>
  );
  return (
    <tr>
      <th scope="row">{name}</th>
      {cell("answered", figures.answered)}
      <td>{p50 === null ? "—" : lasting(p50 * 1000)}</td>
      <td>{p90 === null ? "—" : lasting(p90 * 1000)}</td>
      {cell("sla_met", figures.sla_met.count)}
      {cell("sla_missed", figures.sla_missed.count)}
      {cell("accepted", figures.accepted.count)}
      {cell("automatic", figures.automatic.count)}
      {cell("refused", figures.refused)}
      {cell("failed", figures.failed)}
    </tr>
  );
}
