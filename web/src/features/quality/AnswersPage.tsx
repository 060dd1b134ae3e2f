/** How well interactions were answered: figures of a period, each with the list behind it. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useSearchParams } from "react-router";
import { Button } from "@/components/Button";
import { ProblemNote } from "@/components/ProblemNote";
import { Skeleton } from "@/components/Skeleton";
import { replyQualityFile, replyQualityQuery } from "@/lib/api/quality-queries";
import type { MetricBy, ReplyGroup, ReplyQuality } from "@/lib/api/types";
import { percent } from "@/lib/lineage";
import { saveFile } from "@/lib/save";
import { Causes, Count, Groups } from "./AnswerTables";
import {
  answerFigures,
  BY,
  byOf,
  howLong,
  howMuch,
  METRIC,
  troubleFigures,
  type MetricFigure,
} from "./metric-words";
import { DAYS, daysOf } from "./period";
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
        <Link to={`/quality?days=${days}`}>качество черновиков</Link>. Неделя целиком, чтобы распечатать или
        переслать, — в <Link to="/quality/report">отчёте за неделю</Link>.
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
      {quality.data && <Answered groups={quality.data.groups} by={by} days={days} />}
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

function Answered({ groups, by, days }: { groups: readonly ReplyGroup[]; by: MetricBy; days: number }) {
  if (groups.length === 0) return <p>За эти дни ещё ничего не посчитано.</p>;
  return <Groups groups={groups} by={by} days={days} />;
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
