/** One comparison: both models side by side, and the drafts behind the figures. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { OctagonX } from "lucide-react";
import { useEffect } from "react";
import { Link, useParams } from "react-router";
import { Button } from "@/components/Button";
import { Note } from "@/components/Note";
import { ProblemNote } from "@/components/ProblemNote";
import { Skeleton } from "@/components/Skeleton";
import { announce } from "@/lib/announce";
import { api, intended } from "@/lib/api/client";
import { comparisonQuery } from "@/lib/api/comparison-queries";
import { keys } from "@/lib/api/queries";
import type { Comparison, ComparisonReport } from "@/lib/api/types";
import { grouped } from "@/lib/format/count";
import { exactTime } from "@/lib/format/time";
import { dollars, draftLine, failureOf, leftOutWord, linesOf, progressOf } from "./comparison-words";
import styles from "./Quality.module.css";

export function ComparisonPage() {
  const id = useParams().id ?? "";
  const report = useQuery(comparisonQuery(id));
  const made = report.data?.comparison;
  const told = made ? progressOf(made) : "";
  const isOver = made !== undefined && made.ended_at !== null;
  useEffect(() => {
    if (isOver) announce(told);
  }, [isOver, told]);
  return (
    <div className={styles.page}>
      <p>
        <Link to="/comparisons">Сравнение моделей</Link>
      </p>
      <h1>{made ? `Модель ${made.model}` : "Сравнение"}</h1>
      {report.error && <ProblemNote error={report.error} onRetry={() => void report.refetch()} />}
      {report.isPending && <Skeleton width="60%" />}
      {report.data && (
        <>
          <Progress comparison={report.data.comparison} />
          <Sides report={report.data} />
          <Apart report={report.data} />
          <Drafts report={report.data} />
        </>
      )}
    </div>
  );
}

function Progress({ comparison }: { comparison: Comparison }) {
  const client = useQueryClient();
  const id = comparison.comparison_id;
  const stop = useMutation({
    mutationFn: () =>
      intended(`comparison stop ${id}`, null, (key) =>
        api.POST("/api/v1/drafting/comparisons/{id}/stop", {
          params: { path: { id }, header: { "Idempotency-Key": key } },
        }),
      ),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.comparisons }),
  });
  const failure = failureOf(comparison);
  return (
    <>
      <Note tone="info" title="Это пересчёт, не история">
        Так ответила бы другая модель сейчас. Ничего из этого не отправлялось и не было черновиком.
      </Note>
      <p>
        Черновики с {exactTime(comparison.since)} по {exactTime(comparison.until)} — {progressOf(comparison)}.
        Потрачено {dollars(comparison.spent_micro_usd)} из {dollars(comparison.budget_micro_usd)}.
      </p>
      {failure !== undefined && <Note tone="bad" title={failure} />}
      {stop.error && <ProblemNote error={stop.error} />}
      {comparison.ended_at === null && (
        <div>
          <Button isPending={stop.isPending} onPress={() => stop.mutate()}>
            <OctagonX size={16} aria-hidden="true" /> Остановить
          </Button>
        </div>
      )}
    </>
  );
}

function Sides({ report: { comparison, before, again } }: { report: ComparisonReport }) {
  if (again.drafts === 0) {
    return (
      <p>
        {comparison.ended_at === null
          ? "Пока ничего не пересчитано."
          : "За этот период сравнивать нечего: нужны черновики модели, после которых ответил человек."}
      </p>
    );
  }
  return (
    <section className={styles.card} aria-label="Было и пересчитано">
      <table className={styles.table}>
        <caption>
          <h2>Одни и те же черновики</h2>
        </caption>
        <thead>
          <tr>
            <td />
            <th scope="col">Как было</th>
            <th scope="col">Пересчёт: {comparison.model}</th>
          </tr>
        </thead>
        <tbody>
          {linesOf(before, again).map((line) => (
            <tr key={line.name}>
              <th scope="row">{line.name}</th>
              <td>{line.before}</td>
              <td>{line.again}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className={styles.about}>
        Правка — доля знаков, на которую текст отличается от отправленного людьми. Люди видели черновик первой
        модели и правили его, поэтому он к отправленному ближе: сравнение к первой модели добрее. Черновиков,
        которые у неё остановили правила, здесь нет.
      </p>
    </section>
  );
}

function Apart({ report }: { report: ComparisonReport }) {
  const passed = report.comparison.passed_over;
  const parts = [
    ...(passed === null
      ? []
      : [
          { name: "человек после черновика не ответил", count: passed.not_answered },
          { name: "данные покупателя стёрты", count: passed.erased },
          { name: "сверх выбранного числа", count: passed.beyond },
        ]),
    ...report.left_out.map(({ reason, count }) => ({ name: leftOutWord(reason), count })),
    { name: "модель не ответила", count: report.no_answer },
    { name: "запрос прервался", count: report.interrupted },
  ].filter(({ count }) => count > 0);
  if (parts.length === 0) return null;
  return (
    <section className={styles.card} aria-labelledby="apart">
      <h2 id="apart">Не вошли в сравнение</h2>
      <ul className={styles.causes}>
        {parts.map(({ name, count }) => (
          <li key={name}>
            {name}: {grouped(count)}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Drafts({ report: { items } }: { report: ComparisonReport }) {
  if (items.length === 0) return null;
  return (
    <section className={styles.card} aria-labelledby="drafts">
      <h2 id="drafts">Черновики, сначала те, где модели разошлись сильнее</h2>
      <ul className={styles.list}>
        {items.map((draft) => (
          <li key={draft.draft_id}>
            <Link to={`/queue/${draft.interaction_id}`}>{exactTime(draft.proposed_at)}</Link>
            <span className={styles.about}>
              {draft.model_before !== null && `${draft.model_before}: `}
              {draftLine(draft)}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
