/** Another model held against past drafts: asked for here, and the comparisons there are. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Scale } from "lucide-react";
import { useState } from "react";
import { Form } from "react-aria-components";
import { Link, useNavigate } from "react-router";
import { Button } from "@/components/Button";
import { Choice } from "@/components/Choice";
import { Empty } from "@/components/Empty";
import { Field } from "@/components/Field";
import { Moment } from "@/components/Moment";
import { ProblemNote } from "@/components/ProblemNote";
import { Skeleton } from "@/components/Skeleton";
import { api, intended } from "@/lib/api/client";
import { comparisonsQuery } from "@/lib/api/comparison-queries";
import { asProblem } from "@/lib/api/problem";
import { keys } from "@/lib/api/queries";
import type { Comparison } from "@/lib/api/types";
import { dollars, microUsd, progressOf } from "./comparison-words";
import styles from "./Quality.module.css";

const DAY_MS = 86_400_000;

const PERIODS = [
  { value: "7", label: "За 7 дней" },
  { value: "30", label: "За 30 дней" },
  { value: "90", label: "За 90 дней" },
] as const;

export function ComparisonsPage() {
  const comparisons = useQuery(comparisonsQuery);
  return (
    <div className={styles.page}>
      <p>
        <Link to="/quality">Качество черновиков</Link>
      </p>
      <h1>Сравнение моделей</h1>
      <p className={styles.about}>
        Другая модель пишет прошлые черновики заново, из того же, что было у первой, и оба текста сравниваются
        с тем, что отправили люди. Это пересчёт, не история: в обращениях, показателях и дневном бюджете
        черновиков ничего не меняется, покупателям ничего не отправляется. Запросы к модели платные.
      </p>
      <Wanted />
      {comparisons.error && (
        <ProblemNote error={comparisons.error} onRetry={() => void comparisons.refetch()} />
      )}
      {comparisons.isPending && <Skeleton width="60%" />}
      {comparisons.data?.length === 0 && <Empty icon={<Scale size={24} />} title="Сравнений ещё не было" />}
      {comparisons.data && comparisons.data.length > 0 && (
        <ul className={styles.list} aria-label="Сравнения">
          {comparisons.data.map((comparison) => (
            <li key={comparison.comparison_id}>
              <Made comparison={comparison} />
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function Made({ comparison }: { comparison: Comparison }) {
  return (
    <>
      <span className={styles.meta}>
        <Moment at={comparison.made_at} />
        <span>
          {dollars(comparison.spent_micro_usd)} из {dollars(comparison.budget_micro_usd)}
        </span>
      </span>
      <Link to={`/comparisons/${comparison.comparison_id}`}>{comparison.model}</Link>
      <span className={styles.about}>{progressOf(comparison)}</span>
    </>
  );
}

function Wanted() {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [days, setDays] = useState<(typeof PERIODS)[number]["value"]>("7");
  const [model, setModel] = useState("");
  const [budget, setBudget] = useState("1");
  const [drafts, setDrafts] = useState("100");
  // Asked for again after an answer that was lost, it is the same period and so the same comparison.
  const [until] = useState(() => new Date());
  const want = useMutation({
    mutationFn: () => {
      const body = {
        since: new Date(until.getTime() - Number(days) * DAY_MS).toISOString(),
        until: until.toISOString(),
        model: model.trim(),
        budget_micro_usd: microUsd(budget) ?? 0,
        drafts_max: Number(drafts) || 0,
      };
      return intended("comparison", body, (key) =>
        api.POST("/api/v1/drafting/comparisons", { body, params: { header: { "Idempotency-Key": key } } }),
      );
    },
    onSuccess: (made) => {
      void client.invalidateQueries({ queryKey: keys.comparisons });
      void navigate(`/comparisons/${made.comparison_id}`);
    },
  });
  const refused = want.error ? asProblem(want.error) : undefined;
  return (
    <Form
      className={styles.card ?? ""}
      aria-label="Новое сравнение"
      onSubmit={(event) => {
        event.preventDefault();
        if (!want.isPending) want.mutate();
      }}
    >
      <h2>Новое сравнение</h2>
      <div className={styles.bar}>
        <span>Период</span>
        <Choice label="Период" value={days} options={PERIODS} onChange={setDays} />
      </div>
      <Field
        label="Модель"
        help="Как её называет поставщик. Её цена должна быть известна этой установке."
        isRequired
        maxLength={100}
        value={model}
        onChange={setModel}
        error={refused?.field("model")}
      />
      <Field
        label="Бюджет"
        suffix="$"
        help="Дороже сравнение не станет: когда денег на следующий запрос не хватает, оно останавливается."
        inputMode="decimal"
        value={budget}
        onChange={setBudget}
        error={refused?.field("budget_micro_usd")}
      />
      <Field
        label="Черновиков не больше"
        help="От 1 до 1000. Если за период их больше, берётся случайная часть."
        inputMode="numeric"
        value={drafts}
        onChange={setDrafts}
        error={refused?.field("drafts_max")}
      />
      {want.error && (
        <ProblemNote error={want.error} shownFields={refused?.fields.map(({ field }) => field) ?? []} />
      )}
      <div className={styles.bar}>
        <Button type="submit" weight="primary" isPending={want.isPending}>
          Сравнить
        </Button>
        <span className={styles.about}>Запросы к модели начнутся сразу.</span>
      </div>
    </Form>
  );
}
