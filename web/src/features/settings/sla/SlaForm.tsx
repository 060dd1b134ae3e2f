/** The policy: edited, tried on history, saved as a version. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Form } from "react-aria-components";
import { Button } from "@/components/Button";
import { Choice } from "@/components/Choice";
import { Note } from "@/components/Note";
import { ProblemNote } from "@/components/ProblemNote";
import { api, intended } from "@/lib/api/client";
import { asProblem } from "@/lib/api/problem";
import { keys, slaWhatIfQuery } from "@/lib/api/queries";
import type { SlaInForce, SlaWhatIfRequest } from "@/lib/api/types";
import { asked, faults, isShown, typed, type Typed } from "./form";
import { Holidays } from "./Holidays";
import { Hours } from "./Hours";
import { Matrix } from "./Matrix";
import { RuleList } from "./RuleList";
import styles from "./Sla.module.css";
import { Versions } from "./Versions";
import { WhatIfResult } from "./WhatIfResult";

const DAYS = [
  { value: "7", label: "За 7 дней" },
  { value: "30", label: "За 30 дней" },
  { value: "90", label: "За 90 дней" },
  { value: "365", label: "За год" },
] as const;

type Days = (typeof DAYS)[number]["value"];

const DAY_MS = 24 * 60 * 60 * 1000;

interface SlaFormProps {
  loaded: SlaInForce;
  /** Takes what is saved by now; what was edited is lost. */
  onReload: () => void;
}

export interface PartProps {
  form: Typed;
  /** What is wrong with single fields, by their names at the server. */
  fields: ReadonlyMap<string, string>;
  onChange: (form: Typed) => void;
}

export function SlaForm({ loaded, onReload }: SlaFormProps) {
  const client = useQueryClient();
  const [saved, setSaved] = useState(loaded);
  const [form, setForm] = useState(() => typed(loaded.sla));
  const [days, setDays] = useState<Days>("30");
  const [question, setQuestion] = useState<SlaWhatIfRequest | null>(null);
  const whatIf = useQuery(slaWhatIfQuery(question));
  const check = () => {
    const until = new Date();
    const since = new Date(until.getTime() - Number(days) * DAY_MS);
    setQuestion({ sla: asked(form), since: since.toISOString(), until: until.toISOString(), skip: 0 });
  };
  const save = useMutation({
    mutationFn: () => {
      const body = { replaces: saved.version, sla: asked(form) };
      return intended("sla", body, (key) =>
        api.PUT("/api/v1/seller/sla", { body, params: { header: { "Idempotency-Key": key } } }),
      );
    },
    onSuccess: (answer) => {
      client.setQueryData(keys.sla, answer);
      void client.invalidateQueries({ queryKey: keys.slaHistory });
      setSaved(answer);
      setForm(typed(answer.sla));
      // It was held against the policy that was in force until now.
      setQuestion(null);
    },
  });
  const change = (changed: Typed) => {
    setForm(changed);
    // What was said about another policy says nothing about this one.
    setQuestion(null);
    save.reset();
  };
  const wrong = faults(form);
  const fields = new Map([...[whatIf.error, save.error].flatMap(named), ...wrong]);
  const isSound = wrong.size === 0;
  const isChanged = JSON.stringify(asked(form)) !== JSON.stringify(asked(typed(saved.sla)));
  const isConflict = save.error !== null && asProblem(save.error).code === "sla_changed";
  const shown = [...fields.keys()].filter((field) => isShown(form, field));
  return (
    <Form
      className={styles.form ?? ""}
      onSubmit={(event) => {
        event.preventDefault();
        if (isSound && isChanged && !save.isPending) save.mutate();
      }}
    >
      <Matrix form={form} fields={fields} onChange={change} />
      <RuleList form={form} fields={fields} onChange={change} />
      <Hours form={form} fields={fields} onChange={change} />
      <Holidays form={form} fields={fields} onChange={change} />
      <section className={styles.card} aria-labelledby="sla-save">
        <h2 id="sla-save">Проверить и сохранить</h2>
        <p className={styles.about}>
          Проверка примерит сроки из формы к прошлым обращениям и покажет рядом, что было бы просрочено по
          действующим и по новым. Ничего при этом не меняется.
        </p>
        <div className={styles.row}>
          <Choice
            label="За сколько дней проверить"
            value={days}
            options={DAYS}
            onChange={(chosen) => {
              setDays(chosen);
              setQuestion(null);
            }}
          />
          <Button isPending={whatIf.isFetching} isDisabled={!isSound} onPress={check}>
            Проверить на истории
          </Button>
          <Button
            weight="primary"
            type="submit"
            isPending={save.isPending}
            isDisabled={!isSound || !isChanged}
          >
            Сохранить
          </Button>
          <span className={styles.about}>Версия {saved.version}</span>
        </div>
        {!isSound && <p className={styles.about}>Исправьте отмеченные поля, чтобы проверить и сохранить.</p>}
        {whatIf.error && <ProblemNote error={whatIf.error} shownFields={shown} />}
        {save.error && <ProblemNote error={save.error} shownFields={shown} />}
        {isConflict && (
          <div className={styles.row}>
            <Button onPress={onReload}>Открыть сохранённые сроки</Button>
            <span className={styles.about}>Ваши правки на этой странице пропадут.</span>
          </div>
        )}
        {save.isSuccess && <Note tone="good" role="status" title="Сохранено" />}
        {question && whatIf.data && (
          <WhatIfResult
            page={whatIf.data}
            isPending={whatIf.isPlaceholderData}
            onPage={(skip) => setQuestion({ ...question, skip })}
          />
        )}
      </section>
      <Versions present={saved.version} onTake={(sla) => change(typed(sla))} />
    </Form>
  );
}

/** What the server has against single fields. */
function named(error: unknown): [string, string][] {
  return error === null ? [] : asProblem(error).fields.map(({ field, message }) => [field, message]);
}
